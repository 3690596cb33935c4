"""Replays of Minesweeper: recognised by their content, and read in child processes that a bad one may take down."""
