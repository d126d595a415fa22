"""A kernel that is compiled in a moment."""


def one_more(number):
    return number + 1


def compile_one():
    from sfr_pipeline.econometrics.kernels.compiler import kernel

    kernel(one_more)(1)
