"""Filling any JSON schema: what a property is called says what belongs there."""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from simulators.composing import grades, tasks
from simulators.composing import text as english
from simulators.composing.brief import Brief
from simulators.composing.injection import injected, passages
from simulators.composing.items import OPTIONS, Item, items
from simulators.composing.schema import Schema, bounds, choices, kind, resolved

STEM = ("stem", "question", "text", "prompt")
OPTION_LIST = ("options", "choices", "alternatives")
QUOTES = ("quotes", "quote", "evidence", "excerpts", "citations")
RATING = ("level", "score", "points", "rating", "met")
CRITERION = ("key", "id", "criterion", "criterion_key", "criterion_id", "name")
SUSPICIONS = ("suspicio", "inject", "manipul")
DEFAULT_ENTRIES = 4
PASSING_STRENGTH = 0.6


def compose(schema: Schema, brief: Brief) -> Any:
    """A value that fits `schema`, made from the request's own material."""
    return _Filler(schema, brief).value(schema, name="answer", nth=0)


class _Filler:
    def __init__(self, root: Schema, brief: Brief) -> None:
        self._root = root
        self._brief = brief
        self._made: Iterator[Item] | None = None

    @cached_property
    def _subject(self) -> tasks.Subject:
        return tasks.subject(self._brief)

    @cached_property
    def _judgements(self) -> list[grades.Judgement]:
        """One a criterion; none where the schema asks for no judgement, whatever rubric is sent along."""
        return grades.judgements(self._brief) if self._asks_for_judgement(self._root) else []

    @cached_property
    def _sentences(self) -> list[str]:
        return english.sentences(self._brief.body()) or [self._brief.prompt or "Nothing was given."]

    def value(self, schema: Schema, *, name: str, nth: int) -> Any:
        """The value of property `name`; `nth` is its place in the list around it."""
        node = resolved(schema, self._root)
        if allowed := choices(node):
            return self._chosen(allowed, name=name, nth=nth)
        match kind(node):
            case "object":
                filled: Any = self._object(node, name=name, nth=nth)
            case "array":
                filled = self._array(node, name=name)
            case "boolean":
                filled = self._boolean(name)
            case "integer" | "number":
                filled = self._number(node, name=name)
            case _:
                filled = self._string(node, name=name, nth=nth)
        return filled

    def _object(self, node: Schema, *, name: str, nth: int) -> dict[str, Any]:
        properties: dict[str, Schema] = node.get("properties", {})
        if self._is_item(properties) and (item := next(self._source(properties), None)) is not None:
            return self._item(properties, item)
        if self._is_judgement(properties) and self._judgements:
            judged = self._judgements[nth % len(self._judgements)]
            return {key: self._grade_part(child, key, judged) for key, child in properties.items()}
        if "question" in name and {"text", "question"} & properties.keys():
            return self._question(properties, nth=nth)
        return {key: self.value(child, name=_place(key, name), nth=nth) for key, child in properties.items()}

    def _array(self, node: Schema, *, name: str) -> list[Any]:
        entry = resolved(node.get("items", {}), self._root)
        fewest, most = bounds(node)
        properties = entry.get("properties", {})
        if self._is_item(properties):
            wanted = max(fewest, self._brief.count() or fewest or DEFAULT_ENTRIES)
            made = islice(self._source(properties), min(wanted, most or wanted))
            return [self._item(properties, item) for item in made]
        if self._is_judgement(properties) and self._judgements:
            wanted = len(self._judgements)
        elif "question" in name:
            wanted = self._brief.count() or DEFAULT_ENTRIES
        else:
            wanted = DEFAULT_ENTRIES
        if any(sign in name for sign in SUSPICIONS):
            found = [] if self._brief.obedient else passages(self._brief.body())
            return [self._quoted(entry, grades.Quote("", text)) for text in found[:most]]
        wanted = min(max(wanted, fewest), most if most is not None else max(wanted, fewest))
        return [self.value(entry, name=name, nth=nth) for nth in range(wanted)]

    def _is_item(self, properties: dict[str, Schema]) -> bool:
        return any(key in properties for key in OPTION_LIST) and any(key in properties for key in STEM)

    def _asks_for_judgement(self, node: Any) -> bool:
        if isinstance(node, list):
            return any(self._asks_for_judgement(child) for child in node)
        if not isinstance(node, dict):
            return False
        return self._is_judgement(node.get("properties", {})) or any(
            self._asks_for_judgement(child) for child in node.values()
        )

    def _is_judgement(self, properties: dict[str, Schema]) -> bool:
        return any(key in properties for key in QUOTES) and any(key in properties for key in RATING)

    def _source(self, properties: dict[str, Schema]) -> Iterator[Item]:
        """Items as long as the text yields any; never one made of nothing."""
        if self._made is None:
            listed = resolved(properties[next(key for key in OPTION_LIST if key in properties)], self._root)
            fewest, most = bounds(listed)
            self._made = items(
                self._brief.body(),
                difficulty=self._brief.difficulty(),
                options=most or max(fewest, OPTIONS),
                rng=self._brief.rng,
            )
        return self._made

    def _item(self, properties: dict[str, Schema], item: Item) -> dict[str, Any]:
        return {key: self._item_part(child, key, item) for key, child in properties.items()}

    def _item_part(self, schema: Schema, key: str, item: Item) -> Any:
        node = resolved(schema, self._root)
        if key in OPTION_LIST:
            return self._options(node, item)
        if key in STEM:
            return item.stem
        if "index" in key or key in ("answer", "correct", "correct_answer", "correct_option"):
            return item.answer if kind(node) in ("integer", "number") else item.options[item.answer]
        if kind(node) == "array":
            return [item.answer] if "correct" in key or "answer" in key else [item.topic]
        if kind(node) == "string" and not choices(node):
            return next((text for name, text in _texts(item) if name in key), item.explanation)
        return self.value(node, name=key, nth=0)

    def _options(self, node: Schema, item: Item) -> list[Any]:
        entry = resolved(node.get("items", {}), self._root)
        if kind(entry) != "object":
            return list(item.options)
        return [self._option(entry, item, nth) for nth in range(len(item.options))]

    def _option(self, entry: Schema, item: Item, nth: int) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for key, child in entry.get("properties", {}).items():
            if kind(resolved(child, self._root)) == "boolean":
                filled[key] = nth == item.answer
            elif key in ("id", "key", "label", "letter"):
                filled[key] = "abcdefgh"[nth]
            else:
                filled[key] = item.options[nth]
        return filled

    def _grade_part(self, schema: Schema, key: str, judged: grades.Judgement) -> Any:
        node = resolved(schema, self._root)
        if key in QUOTES:
            return self._quotes(node, judged.quotes)
        allowed = choices(node)
        if key in RATING and not allowed and kind(node) != "string":
            return self._rating(node, judged)
        if judged.criterion.key in allowed or key in CRITERION:
            return judged.criterion.key
        if allowed:
            return allowed[round(judged.strength * (len(allowed) - 1))]
        return judged.comment if kind(node) == "string" else self.value(node, name=key, nth=0)

    def _rating(self, node: Schema, judged: grades.Judgement) -> float | int | bool:
        if kind(node) == "boolean":
            return judged.strength >= PASSING_STRENGTH
        low, high = grades.scale(self._brief)
        if judged.criterion.levels:
            low, high = 0, judged.criterion.levels - 1
        high = judged.criterion.maximum if judged.criterion.maximum is not None else high
        low, high = node.get("minimum", low), node.get("maximum", high)
        rated: float = low + judged.strength * (high - low)
        return round(rated) if kind(node) == "integer" else round(rated, 2)

    def _quotes(self, node: Schema, quotes: list[grades.Quote]) -> Any:
        if kind(node) != "array":
            return quotes[0].text if quotes else ""
        entry = resolved(node.get("items", {}), self._root)
        _, most = bounds(node)
        kept = quotes[:most] if most is not None else quotes
        return [self._quoted(entry, quote) for quote in kept]

    def _quoted(self, entry: Schema, quote: grades.Quote) -> Any:
        """A quote as a text, or as an object of its text and the block it stands in."""
        if kind(entry) != "object":
            return quote.text
        return {
            key: quote.text if key in ("text", "quote", "excerpt", "content") else quote.label
            for key in entry.get("properties", {})
        }

    def _question(self, properties: dict[str, Schema], *, nth: int) -> dict[str, Any]:
        types = next(
            (
                choices(resolved(child, self._root))
                for key, child in properties.items()
                if "type" in key or "kind" in key
            ),
            [],
        )
        said = self._brief.prompt.replace("_", " ")
        mentioned = [name for name in types if str(name).replace("_", " ") in said]
        named = self._brief.named("of type") or self._brief.named("question types?")
        kinds = (
            mentioned
            or types
            or ([named.split()[0]] if named else ["technical", "behavioural", "situational"])
        )
        chosen = str(kinds[nth % len(kinds)])
        filled: dict[str, Any] = {}
        for key, child in properties.items():
            if "type" in key or key == "kind":
                filled[key] = chosen
            elif key in STEM:
                filled[key] = tasks.question_text(self._subject, chosen, nth)
            elif "looks" in key or "expect" in key:
                filled[key] = tasks.looks_for(self._subject, nth)
            elif "focus" in key or "topic" in key or "competency" in key:
                filled[key] = self._subject.topic(nth)
            else:
                filled[key] = self.value(child, name=key, nth=nth)
        return filled

    def _chosen(self, allowed: list[Any], *, name: str, nth: int) -> Any:
        """The value that the instruction mentions, else each in its turn."""
        said = self._brief.instructions.lower()
        for value in allowed:
            if isinstance(value, str) and f" {value.lower()} " in f" {said} ":
                return value
        level = {"easy": 0, "medium": len(allowed) // 2, "hard": len(allowed) - 1}
        return allowed[
            level[self._brief.difficulty()] if "difficulty" in name or "tier" in name else nth % len(allowed)
        ]

    def _boolean(self, name: str) -> bool:
        if any(sign in name for sign in SUSPICIONS):
            return not self._brief.obedient and injected(self._brief.body()) is not None
        if "pass" in name and self._judgements:
            return self._strength() >= PASSING_STRENGTH
        return True

    def _number(self, node: Schema, *, name: str) -> float | int:
        low, high = node.get("minimum", 0), node.get("maximum")
        if "minute" in name or "hour" in name or "duration" in name:
            value: float = {"easy": 60, "medium": 120, "hard": 240}[self._brief.difficulty()]
        elif self._judgements:
            top = high if high is not None else 1 if "confidence" in name else 100
            value = low + self._strength() * (top - low)
        else:
            value = (low + (high if high is not None else low + 1)) / 2
        value = min(max(value, low), high if high is not None else value)
        return round(value) if kind(node) == "integer" else round(value, 2)

    def _strength(self) -> float:
        return sum(judged.strength for judged in self._judgements) / len(self._judgements)

    def _string(self, node: Schema, *, name: str, nth: int) -> str:
        text = self._text(name, nth)
        most = node.get("maxLength")
        return text[: int(most)] if most is not None else text

    def _text(self, name: str, nth: int) -> str:
        if "quote" in name:
            return self._sentences[nth % len(self._sentences)]
        if name.endswith((".key", ".id")):
            return f"{name.rsplit('.', 1)[0].rsplit('.', 1)[-1]}_{nth + 1}"
        if "question" in name:
            return tasks.question_text(self._subject, "technical", nth)
        if self._judgements:
            return self._feedback(name, nth)
        return tasks.project_text(self._subject, name, nth)

    def _feedback(self, name: str, nth: int) -> str:
        ranked = sorted(self._judgements, key=lambda judged: judged.strength)
        if any(word in name for word in ("improve", "weak", "gap", "next")):
            return ranked[nth % len(ranked)].comment
        if "strength" in name:
            return ranked[-1 - nth % len(ranked)].comment
        return f"{ranked[-1].comment} {ranked[0].comment}" if len(ranked) > 1 else ranked[0].comment


def _place(key: str, around: str) -> str:
    """A property's name with that of what it stands in, so that `steps[].text` is known for a step."""
    return key if around == "answer" else f"{around}.{key}"


def _texts(item: Item) -> list[tuple[str, str]]:
    """An item's texts by what their property's name contains."""
    sources = [(name, item.quote) for name in ("quote", "evidence", "source")]
    topics = [(name, item.topic) for name in ("topic", "tag", "concept", "skill")]
    return [*sources, *topics]
