"""The one decorator of all kernels."""

import numba

kernel = numba.njit(cache=True, nogil=True, fastmath=False)
