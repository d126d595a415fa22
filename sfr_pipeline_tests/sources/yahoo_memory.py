"""What yfinance remembers in the process and on the disk, for the time of a test."""

from contextlib import contextmanager

from yfinance import base, cache
from yfinance.data import YfData


@contextmanager
def own_memory(folder):
    """Begin with nothing remembered, keep what comes in `folder`, and forget it again.

    Time zones, cookies, answers and a session: they would come from earlier tests, and from the
    home of whoever runs them.
    """
    home = cache._TzDBManager.get_location()
    _begin_anew(folder)
    try:
        yield
    finally:
        _begin_anew(home)


def _begin_anew(folder):
    cache.set_cache_location(str(folder))
    cache._TzCacheManager._tz_cache = None
    cache._CookieCacheManager._Cookie_cache = None
    cache._ISINCacheManager._isin_cache = None
    base._tz_info_fetch_ctr = 0
    YfData.cache_get.cache_clear()
    type(YfData)._instances.clear()
