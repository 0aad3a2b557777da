"""Whether a schema may replace an earlier one of the same version: readers of the old must not break.

Within a version no field may vanish, become required, or narrow (type, enum, bounds, pattern).
"""

from typing import Any

Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """What in `new` breaks `old`, as sentences; empty when compatible."""
    return _compare(old, new, old, new, "")


def _compare(old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str) -> list[str]:
    old, new = _resolve(old, old_root), _resolve(new, new_root)
    where = at or "the message"
    found: list[str] = []
    lost_types = _types(old, old_root) - _types(new, new_root)
    if lost_types:
        found.append(f"{where} no longer accepts {', '.join(sorted(lost_types))}")
    if "enum" in old and "enum" in new:
        lost = [value for value in old["enum"] if value not in new["enum"]]
        if lost:
            found.append(f"{where} lost the values {lost}")
    for bound, tighter in (("minimum", max), ("minLength", max), ("maximum", min), ("maxLength", min)):
        if bound in new and (bound not in old or tighter(old[bound], new[bound]) != old[bound]):
            found.append(f"{where} narrows {bound}")
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        found.append(f"{where} changes its pattern")
    for name, part in old.get("properties", {}).items():
        successor = new.get("properties", {}).get(name)
        if successor is None:
            found.append(f"{at}/{name} vanished")
        else:
            found += _compare(part, successor, old_root, new_root, f"{at}/{name}")
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        found.append(f"{at}/{name} became required")
    if "items" in old and "items" in new:
        found += _compare(old["items"], new["items"], old_root, new_root, f"{at}[]")
    return found


def _resolve(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return _resolve(options[0], root)
    return schema


def _types(schema: Schema, root: Schema) -> set[str]:
    kinds = {str(_resolve(option, root).get("type", "any")) for option in schema.get("anyOf", (schema,))}
    return kinds - {"any"}
