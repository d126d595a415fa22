"""Plain loops over periods, series and factors, compiled by Numba; the equations stand beside them.

Arrays in, arrays out, one panel or series a call: no labels, no checks, no messages, no threads in
here. Importing a module of this room imports Numba, a second's work, so callers import it inside
the function that computes.
"""
