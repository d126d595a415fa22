"""How the loops of this room are compiled."""

import numba

kernel = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
