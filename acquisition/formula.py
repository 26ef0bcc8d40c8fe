"""Chemical formulas: brackets, hydrates, decimal subscripts and isotope labels, with errors that say where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from acquisition.errors import AcquisitionError

MAX_LENGTH = 200
MAX_DEPTH = 20
MAX_COUNT = 1e6

_ELEMENTS = frozenset(
    re.findall(
        "[A-Z][a-z]?",
        "HHeLiBeBCNOFNeNaMgAlSiPSClArKCaScTiVCrMnFeCoNiCuZnGaGeAsSeBrKrRbSrYZrNbMoTcRuRhPdAgCdInSnSbTeIXe"
        "CsBaLaCePrNdPmSmEuGdTbDyHoErTmYbLuHfTaWReOsIrPtAuHgTlPbBiPoAtRn"
        "FrRaAcThPaUNpPuAmCmBkCfEsFmMdNoLrRfDbSgBhHsMtDsRgCnNhFlMcLvTsOg",
    )
)
_HYDROGEN_NAMES = {"D": ("H", 2), "T": ("H", 3)}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_HYDRATE_MARKS = "·•⋅∙*"
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SUPERSCRIPT_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_DIGITS = "0123456789"


class FormulaError(AcquisitionError):
    """A formula that cannot be read; `position` counts characters from 0."""

    def __init__(self, formula: str, position: int, message: str) -> None:
        self.formula, self.position, self.message = formula, position, message
        super().__init__(f"{message} (character {position + 1})")


@dataclass(frozen=True)
class Species:
    """An element, or one isotope of it when `mass_number` is given."""

    symbol: str
    mass_number: int | None = None


@dataclass(frozen=True)
class Composition:
    """How much of each species one formula unit holds, in the order of first appearance."""

    formula: str
    counts: dict[Species, float] = field(default_factory=dict)

    @property
    def elements(self) -> tuple[str, ...]:
        """Symbols in the order of first appearance, each once."""
        return tuple(dict.fromkeys(species.symbol for species in self.counts))


def is_element(symbol: str) -> bool:
    """Whether an element has this symbol."""
    return symbol in _ELEMENTS


def parse(formula: str) -> Composition:
    """The composition of a formula such as "KClO3", "CuSO4·5H2O", "Li6.5La3(Zr1.5Ta0.5)O12", "[15N]H4Cl" or "¹⁴NH4Cl".

    An isotope is written as superscript, as "^37Cl", or as mass number and symbol in brackets; D and T are hydrogen.
    Parts of a hydrate are joined by "·" or "*"; a full stop counts as such only before the water at the end
    ("CuSO4.5H2O"), elsewhere it is a decimal point. Raises FormulaError with the position of the fault.
    """
    if len(formula) > MAX_LENGTH:
        raise FormulaError(formula, MAX_LENGTH, f"A formula may have at most {MAX_LENGTH} characters")
    counts: dict[Species, float] = {}
    reader = _Reader(formula)
    reader.skip_spaces()
    if reader.at_end:
        raise FormulaError(formula, 0, "The formula is empty")
    while True:
        factor = reader.number() or 1.0
        _add(counts, reader.group(closing="", depth=0), factor)
        if reader.at_end:
            return Composition(formula, counts)
        reader.take()  # the mark that joins the parts of a hydrate
        reader.skip_spaces()
        if reader.at_end:
            raise FormulaError(formula, reader.position - 1, "Something must follow the dot")


def _add(counts: dict[Species, float], more: dict[Species, float], factor: float) -> None:
    for species, count in more.items():
        counts[species] = counts.get(species, 0.0) + count * factor


class _Reader:
    """Reads a formula from left to right by recursive descent."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.text = formula.translate(_SUBSCRIPTS)
        self.position = 0
        self.water_dot = self._find_water_dot()

    def _find_water_dot(self) -> int:
        """Position of a full stop that stands for the dot of a hydrate, or -1."""
        text = self.text.rstrip()
        if not text.endswith("H2O"):
            return -1
        before = text[:-3].rstrip(_DIGITS)
        return len(before) - 1 if before.endswith(".") else -1

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.text)

    @property
    def here(self) -> str:
        return "" if self.at_end else self.text[self.position]

    @property
    def at_hydrate_mark(self) -> bool:
        return not self.at_end and (self.here in _HYDRATE_MARKS or self.position == self.water_dot)

    def take(self) -> str:
        character = self.here
        self.position += 1
        return character

    def skip_spaces(self) -> None:
        while self.here.isspace():
            self.position += 1

    def fail(self, message: str, position: int | None = None) -> FormulaError:
        return FormulaError(self.formula, self.position if position is None else position, message)

    def number(self) -> float | None:
        """A positive count, possibly decimal, or None when there is none."""
        start = self.position
        while self.here and (self.here in _DIGITS or (self.here == "." and self.position != self.water_dot)):
            self.position += 1
        text = self.text[start : self.position]
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.fail(f"{text!r} is not a number", start) from None
        if not 0 < value <= MAX_COUNT:
            raise self.fail(f"A count must be more than 0 and at most {MAX_COUNT:g}", start)
        return value

    def group(self, closing: str, depth: int) -> dict[Species, float]:
        """Everything up to `closing`, to a hydrate mark at the outermost level, or to the end."""
        if depth > MAX_DEPTH:
            raise self.fail(f"Brackets may be nested at most {MAX_DEPTH} deep")
        start = self.position
        counts: dict[Species, float] = {}
        while True:
            self.skip_spaces()
            if self.at_end:
                if closing:
                    raise self.fail(f"The bracket is not closed; {closing!r} is missing", start - 1)
                break
            if closing and self.here == closing:
                self.take()
                break
            if not closing and self.at_hydrate_mark:
                break
            unit = self.unit(depth)
            _add(counts, unit, self.number() or 1.0)
        if not counts:
            raise self.fail("An element is missing here", start)
        return counts

    def unit(self, depth: int) -> dict[Species, float]:
        """One species or one bracket, without its count."""
        if self.here in _CLOSING:
            closing = _CLOSING[self.take()]
            if self.here in _DIGITS:
                return self.labelled_bracket(closing, depth)
            return self.group(closing, depth + 1)
        if self.here in _CLOSING.values():
            raise self.fail(f"{self.here!r} closes nothing")
        if self.here == "^" or self.here in _SUPERSCRIPT_DIGITS:
            return {self.species(self.mass_number()): 1.0}
        return {self.species(None): 1.0}

    def labelled_bracket(self, closing: str, depth: int) -> dict[Species, float]:
        """A bracket that begins with a mass number, as in "[15N]" or "(15NH4)", which belongs to the first species."""
        counts: dict[Species, float] = {self.species(self.mass_number()): 0.0}
        (first,) = counts
        counts[first] = self.number() or 1.0
        self.skip_spaces()
        if self.here == closing:
            self.take()
            return counts
        _add(counts, self.group(closing, depth + 1), 1.0)
        return counts

    def mass_number(self) -> int:
        start = self.position
        if self.here == "^":
            self.take()
        digits = ""
        while self.here and self.here in _DIGITS + _SUPERSCRIPT_DIGITS:
            digits += self.take().translate(_SUPERSCRIPTS)
        if not digits or not 1 <= int(digits) <= 300:
            raise self.fail("A mass number between 1 and 300 is expected", start)
        return int(digits)

    def species(self, mass_number: int | None) -> Species:
        start = self.position
        for length in (2, 1):
            symbol = self.text[start : start + length]
            if len(symbol) != length:
                continue
            if symbol in _HYDROGEN_NAMES and mass_number is None:
                self.position += length
                return Species(*_HYDROGEN_NAMES[symbol])
            if symbol in _ELEMENTS:
                self.position += length
                return Species(symbol, mass_number)
        found = repr(self.here) if self.here else "the end"
        raise self.fail(f"An element's symbol is expected, not {found}", start)
