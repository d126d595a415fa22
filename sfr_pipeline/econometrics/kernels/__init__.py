"""The recursions of the models as compiled plain loops, one series or panel a call.

Importing a module of this folder imports Numba, so the modules beside import it where they compute.
"""
