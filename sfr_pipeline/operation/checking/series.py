"""How the files of a market's series would be read.

Each file is looked at alone, then all together: what stands in two places shows only then.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.checking.finding import CheckedFile, Held, Part
from sfr_pipeline.operation.checking.views import ask, refusal_of
from sfr_pipeline.sources.files.folder import README, Imports, InWorkbook
from sfr_pipeline.sources.files.mapping import MAPPING, mapping_faults, read_mapping
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.workbooks import is_official, read_official

PLAIN = "plain table"


def check_series(market: Market, folder: Path, today: dt.date) -> Part:
    """Look through the files of a market's series.

    Args:
        market: the catalogue.
        folder: of the files.
        today: nothing may speak of later days.
    """
    return _Check(market, folder, today).part()


class _Check:
    """One look through a folder.

    Args:
        market: the catalogue.
        folder: of the files.
        today: nothing may speak of later days.
    """

    def __init__(self, market: Market, folder: Path, today: dt.date) -> None:
        self.wanted = market.sourced_series
        self.folder, self.today = folder, today
        self.found = Part("series")
        self.files: dict[str, CheckedFile] = {}
        # Names of the files that each series stands in.
        self.places: dict[str, list[str]] = {}
        self.mapping: list[str] = []

    def part(self) -> Part:
        """What was found."""
        names = sorted(path.name for path in self.folder.iterdir())
        self._look_at_mapping(names)
        files = [name for name in names if not (self.folder / name).is_dir() and name != MAPPING]
        accepted = [name for name in files if self._is_accepted(name, [])]
        accepted = self._without_conflicts(accepted)
        # What a folder below holds matters as long as no file here holds it.
        below = [name for name in names if (self.folder / name).is_dir()]
        accepted += [name for name in below if self._is_accepted(name, accepted)]
        try:
            ask(self.folder, [*accepted, *self.mapping], self._read_values)
        except SourceError as error:
            self._file(MAPPING if self.mapping else self.folder.name).refused.append(str(error))
        self.found.files = [self.files[name] for name in sorted(self.files)]
        return self.found

    def _imports(self, view: Path) -> Imports:
        return Imports(view, self.wanted)

    def _file(self, name: str) -> CheckedFile:
        return self.files.setdefault(name, CheckedFile(name))

    def _look_at_mapping(self, names: Sequence[str]) -> None:
        if MAPPING not in names:
            return
        file = self._file(MAPPING)
        wanted = [series.id for series in self.wanted]
        if faults := mapping_faults(self.folder, wanted):
            file.refused += [str(fault) for fault in faults]
            file.ignored.append("the files are told of as without it")
        else:
            file.layout = "names of columns"
            mapped = {entry.file for entry in read_mapping(self.folder, wanted).values()}
            self.mapping = [MAPPING, *sorted(mapped.intersection(names))]

    def _is_accepted(self, name: str, beside: Sequence[str]) -> bool:
        """Whether a file or folder is read, or passed over, rather than refused; tells of it."""
        seen = [name, *beside, *self.mapping]
        try:
            ask(self.folder, seen, lambda view: self._look_at(view, name))
        except SourceError as error:
            self._file(name).refused.append(str(error))
            return False
        return True

    def _look_at(self, view: Path, name: str) -> None:
        imports = self._imports(view)
        held = [
            series.id
            for series in self.wanted
            if series.id in imports and _stands_in(imports.provenance(series.id), name)
        ]
        for series in held:
            self.places.setdefault(series, []).append(name)
        passed = [
            (place, why)
            for place, why in imports.passed_over
            if place.rstrip("/") == name or place.startswith((f"{name},", f"{name}/"))
        ]
        path = view / name
        if path.is_file() and not held and not passed and name != README:
            # An official table of which no series is wanted.
            passed = [(name, "no series of the market stands in it")]
        if not held:
            self.found.passed_over += passed
            return
        file = self._file(name)
        file.ignored += [_below(place, name, why) for place, why in passed]
        opened = open_file(path)
        if is_official(opened):
            self._official(view, name)
            return
        told = imports.delivered(held[0])
        file.format, file.layout = told.format, ", ".join(told.layouts) or PLAIN
        file.ignored += told.ignored

    def _official(self, view: Path, name: str) -> None:
        """Periods of an official table: it holds a part of its series, which is judged whole."""
        file = self._file(name)
        book = read_official(open_file(view / name))
        file.layout, file.format = book.layout, book.format
        for series in self.wanted:
            item = series.workbook if isinstance(series, InWorkbook) else None
            if item is None or item not in book.items:
                continue
            rows = sorted(book.items[item], key=lambda row: str(row.date))
            first, last = rows[0], rows[-1]
            file.held.append(
                Held(
                    series.id,
                    str(first.date),
                    str(last.date),
                    float(str(first.value)),
                    float(str(last.value)),
                    len(rows),
                    series.unit,
                )
            )

    def _without_conflicts(self, names: list[str]) -> list[str]:
        """The files without those that hold what others hold already."""
        if refusal_of(self.folder, [*names, *self.mapping], self._imports) is None:
            return names
        shared = {name for places in self.places.values() if len(places) > 1 for name in places}
        kept = [name for name in names if name not in shared]
        together: list[str] = []
        for name in sorted(shared):
            told = refusal_of(self.folder, [*together, name, *self.mapping], self._imports)
            if told is None:
                together.append(name)
            else:
                self._file(name).refused.append(told)
                self._file(name).held.clear()
        return [*kept, *together]

    def _read_values(self, view: Path) -> None:
        """Read every series of the files that fit together."""
        imports = self._imports(view)
        for series in self.wanted:
            if series.id not in imports:
                continue
            places = [name for name in self.places.get(series.id, []) if (view / name).exists()]
            try:
                frame = imports.read(series.id, self.today)
                told = imports.delivered(series.id)
            except SourceError as error:
                sentence = str(error).replace(str(view), str(self.folder))
                # Of a series that is gathered from several files, it names all of them.
                self._file((places or [MAPPING])[0]).refused.append(sentence)
                continue
            if len(places) != 1 or any(held.name == series.id for held in self._held(places)):
                continue
            first, last = frame.iloc[0], frame.iloc[-1]
            unit = series.unit
            if told.unit is not None and told.times != 1:
                unit = f"{unit}, {told.times:g} times those of the file in {told.unit}"
            self._file(places[0]).held.append(
                Held(
                    series.id,
                    f"{first['date']:%Y-%m-%d}",
                    f"{last['date']:%Y-%m-%d}",
                    float(first["value"]),
                    float(last["value"]),
                    len(frame),
                    unit,
                )
            )

    def _held(self, names: Sequence[str]) -> list[Held]:
        return [held for name in names for held in self._file(name).held]


def _stands_in(provenance: str, name: str) -> bool:
    place = provenance.removeprefix("file: ")
    return place == name or place.startswith(f"{name},")


def _below(place: str, name: str, why: str) -> str:
    """What is told of a part of a file, without the file's name."""
    part = place.removeprefix(name).lstrip(", /")
    return f"{part}: {why}" if part else why
