"""The network: keys and contacts that a market needs, and whether its sites answer.

A site is asked for its first page's header, by way of a proxy where the environment names one.
Whether it delivers what is asked for is another question (`sfr probe`).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.asking import NOT_LIVE
from sfr_pipeline.inputs.files import may_be_asked, series_files
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.opinion import CONTACT
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.opinion.origin import is_crawled
from sfr_pipeline.settings import text
from sfr_pipeline.sources import source
from sfr_pipeline.sources.files.folder import files_only
from sfr_pipeline.sources.live.client import USER_AGENT, within

# That a site may take to answer.
SECONDS = 4.0
PROXY = "HTTPS_PROXY"
WITHOUT = "connect the machine, or work with files alone: export SFR_FILES_ONLY=1"


def look_at_keys(markets: Sequence[Market]) -> Iterator[Finding]:
    """Whether the keys and contacts that live markets need are set.

    Args:
        markets: which.
    """
    there: list[str] = []
    for market in markets:
        needed: dict[str, str] = {
            variable: f"{name} {code}"
            for name, code in asked_for(market)
            if (variable := _of(name, "key_variable", code))
        }
        forum = market.forum
        if forum and is_crawled(forum) and not forum.contact and not files_only():
            needed[CONTACT] = f"the crawl of {forum.site}"
        for variable, what in needed.items():
            if text(variable):
                there.append(variable)
            else:
                yield Finding(
                    "broken",
                    f"{variable} is not set: {market.name} needs it for {what}",
                    f"export {variable}={'ADDRESS' if variable == CONTACT else 'KEY'}",
                )
    if there:
        yield Finding("ok", f"{', '.join(dict.fromkeys(there))} set")


def look_at_sites(
    sites: Mapping[str, Sequence[str]], reach: Callable[[str], str] | None = None
) -> Iterator[Finding]:
    """Whether sites answer.

    Args:
        sites: who needs each, by its host.
        reach: asks a host, and returns what went wrong.
    """
    if not sites:
        return
    with ThreadPoolExecutor(len(sites)) as pool:
        problems = dict(zip(sites, pool.map(reach or reached, sites), strict=True))
    proxy = os.environ.get(PROXY) or os.environ.get(PROXY.lower())
    way = f" through the proxy that {PROXY} names" if proxy else ""
    failed = {host: problem for host, problem in problems.items() if problem}
    if len(failed) == len(sites) > 1:
        host = next(iter(failed))
        yield Finding(
            "broken",
            f"none of {', '.join(failed)} can be reached{way} ({failed[host]}): there is no "
            f"network, or none for this machine, and {_who(sites, failed)} needs it",
            WITHOUT,
        )
        return
    for host, problem in failed.items():
        yield Finding(
            "broken",
            f"{host} can't be reached{way} ({problem}): {_who(sites, [host])} needs it",
            f"curl -I https://{host}/",
        )
    if answer := [host for host in sites if host not in failed]:
        yield Finding("ok", f"{', '.join(answer)} can be reached")


def _who(sites: Mapping[str, Sequence[str]], hosts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(market for host in hosts for market in sites[host]))


def sites_of(markets: Sequence[Market]) -> dict[str, list[str]]:
    """Hosts that markets ask, each with the names of those markets."""
    hosts: dict[str, list[str]] = {}
    for market in markets:
        own = {host for name, code in asked_for(market) for host in _of(name, "sites", code) or ()}
        if market.forum and market.forum.site and is_crawled(market.forum) and not files_only():
            own.add(market.forum.site.partition("://")[2])
        for host in sorted(own):
            hosts.setdefault(host, []).append(market.name)
    return hosts


def asked_for(market: Market) -> list[tuple[str, str]]:
    """Live source and code of all that a market asks for and has no file of."""
    if files_only():
        return []
    try:
        files = series_files(market)
    except SourceError:  # which the check of files tells
        files = None
    series = [
        (str(one.source), str(one.code))
        for one in market.sourced_series
        if may_be_asked(one) and not (files is not None and one.id in files)
    ]
    prices = [(one.source, one.code) for one in market.prices if one.source and one.code]
    return [(name, code) for name, code in (*series, *prices) if name not in NOT_LIVE]


def _of(name: str, what: str, code: str) -> Any:
    """What a source says of a code; None where it says nothing of the kind, as own ones may."""
    function = getattr(source(name), what, None)
    return function(code) if function else None


def reached(host: str, seconds: float = SECONDS) -> str:
    """Ask a host for a header; what went wrong, empty where it answered."""
    import requests

    def ask() -> int:
        # Some sites answer a HEAD with an error: an answer is all that is asked for.
        return requests.head(
            f"https://{host}/", timeout=seconds, headers={"User-Agent": USER_AGENT}
        ).status_code

    try:
        within(seconds, host, ask)
    except SourceError:
        return f"no answer within {seconds:g} s"
    except requests.exceptions.ProxyError:
        return "the proxy does not let it through"
    except requests.exceptions.SSLError:
        return "its certificate is not trusted here"
    except requests.exceptions.RequestException as error:
        # Behind requests' own error stands that of the connection, which says what went wrong.
        reason = getattr(error.args[0], "reason", error) if error.args else error
        return type(reason).__name__
    return ""
