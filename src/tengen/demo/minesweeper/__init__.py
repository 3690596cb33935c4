"""Replays of Minesweeper, made from scratch: won games by chance, written as the programs of players write them."""
