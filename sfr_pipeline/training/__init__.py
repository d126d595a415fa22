"""Training many small networks: what a fit is, the loop, processes beside it, and kept fits."""
