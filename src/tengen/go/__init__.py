"""The rules of Go: points, boards, rulesets, handicap, records. All pure: no input and output, no clock."""
