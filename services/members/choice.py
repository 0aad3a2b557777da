"""A field that takes an id or a whole object, whose faults are named by their plain JSON pointer."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class IdOr:
    """Annotates `Id | Object`. A plain union would put the branch's name into the pointer, and report
    a fault in the object a second time as "not an id"."""

    id_type: Any
    object_type: Any

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        ids: TypeAdapter[str] = TypeAdapter(self.id_type)
        whole = handler.generate_schema(self.object_type)
        by_id = handler.generate_schema(self.id_type)

        def choose(value: Any, validate_object: core_schema.ValidatorFunctionWrapHandler) -> Any:
            if isinstance(value, str):
                # An id of the wrong form is an unknown id: the answer is the same as for another's.
                return ids.validate_python(value) if _has_form(ids, value) else ""
            return validate_object(value)

        schema = core_schema.no_info_wrap_validator_function(choose, whole)
        schema["metadata"] = {
            "pydantic_js_functions": [lambda _s, h: h(core_schema.union_schema([by_id, whole]))]
        }
        return schema


def _has_form(ids: TypeAdapter[str], value: str) -> bool:
    try:
        ids.validate_python(value)
    except ValueError:
        return False
    return True
