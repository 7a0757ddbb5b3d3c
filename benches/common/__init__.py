"""What the benchmarks share: clips, running programs, results. Standard library only."""
