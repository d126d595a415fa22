"""Files as vendors write them, made up: bytes, and apart from them the truth of what they say.

Nothing here reads such a file with the product, nor was anything here written with its readers at
hand; the tests of the readers take the records of `manifest` and `variants`.
"""
