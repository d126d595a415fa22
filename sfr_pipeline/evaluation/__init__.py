"""What models are judged by: scores, tests, intervals and resampling. Knows no table."""
