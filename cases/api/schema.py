"""The error responses in the schema. They are the same for every operation, as cases.api.errors and Django return
them."""

from typing import Any

DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FIELDS = {
    "type": "object",
    "description": "Messages by field.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
REFUSALS = {
    "400": ("Invalid request. Nothing was changed.", "Refusal"),
    "401": ("No valid token and no session.", "Detail"),
    "403": ("No permission.", "Detail"),
    "404": ("Not found, or no access.", "Detail"),
    "429": ("Too many requests. Try again after Retry-After.", "Detail"),
    "503": ("The portal can't do this now. Try again after Retry-After.", "Detail"),
}
OF_WRITES = {
    "409": ("The case's status doesn't allow this, or the case has changed.", "Detail"),
    "413": ("The body is too large.", "Detail"),
    "415": ("The body isn't JSON.", "Detail"),
}


def add_refusals(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the error responses to every operation of the schema `result`. This is a hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    schemas["Detail"] = DETAIL
    schemas["Refusal"] = {"anyOf": [{"$ref": "#/components/schemas/Detail"}, FIELDS]}
    for path in result["paths"].values():
        for operation in path.values():
            refusals = REFUSALS | OF_WRITES if "requestBody" in operation else REFUSALS
            for status, (description, schema) in refusals.items():
                operation["responses"].setdefault(status, _response(description, schema))
    return result


def _response(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
