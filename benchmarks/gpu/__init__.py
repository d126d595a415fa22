"""Everything that needs a GPU, measured in five minutes. Start with ``python -m benchmarks.gpu``.

Belongs here: what runs from a bare checkout on a borrowed machine that has torch, transformers,
NumPy, pandas, pyarrow and scikit-learn, and nothing else. Does not belong here: what needs the
whole package, but for `gather`, which writes a file of training arrays where that is installed.
"""
