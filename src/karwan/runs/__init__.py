"""Running analyses: kernels compiled ahead."""
