# SPDX-License-Identifier: ISC
"""contrib/openapi/doorward.yaml against answers as they come: status, type, members. Nothing may be in an answer that is not described."""

import re

from .check import Skip, equal, expect

TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Description:
    def __init__(self, path):
        try:
            import yaml
        except ImportError:
            raise Skip("python3-yaml is not there") from None
        self.spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.paths = [(re.compile(re.sub(r"{\w+}", "[^/]+", name)), name) for name in self.spec["paths"]]
        self.asked = set()

    def operations(self):
        return {(method, name) for name, item in self.spec["paths"].items() for method in item if method != "servers"}

    def resolve(self, node):
        while "$ref" in node:
            at = self.spec
            for word in node["$ref"].removeprefix("#/").split("/"):
                at = at[word]
            node = at
        return node

    def check(self, method, path, answer):
        """The answer to this request is one that is described. HEAD is described by GET, and 405 and 431 by the text before the paths."""
        name = next((name for pattern, name in self.paths if pattern.fullmatch(path.partition("?")[0])), None)
        if name is None or answer.status in (405, 431):
            expect(answer.status in (404, 405, 431), f"{path} is not described, but answered {answer.status}")
            self.complain(self.spec["components"]["schemas"]["Error"], answer.json, path)
            return
        operation = method.lower().replace("head", "get")
        self.asked.add((operation, name))
        described = self.spec["paths"][name][operation]["responses"]
        expect(str(answer.status) in described, f"{method} {path}: {answer.status} is not described: {answer.body[:200]}")
        kinds = self.resolve(described[str(answer.status)]).get("content", {})
        kind = (answer.header("Content-Type") or "").partition(";")[0]
        if not answer.body:
            return
        expect(kind in kinds, f"{method} {path}: {answer.status} has the type {kind}, not one of {list(kinds)}")
        if kind == "application/json":
            self.complain(kinds[kind]["schema"], answer.json, f"{method} {path} {answer.status}")

    def complain(self, schema, value, where):
        equal(list(self.problems(schema, value, "")), [], where)

    def problems(self, schema, value, at):
        schema = self.resolve(schema)
        if "anyOf" in schema:
            found = [list(self.problems(one, value, at)) for one in schema["anyOf"]]
            yield from min(found, key=len)
            return
        if "allOf" in schema:
            schema = self.joined(schema["allOf"])
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(type(value) is TYPES[kind] for kind in kinds):
            yield f"{at} is {value!r}, not {kinds}"
        if value not in schema.get("enum", [value]) or value != schema.get("const", value):
            yield f"{at} is {value!r}"
        if schema.get("format") == "date-time" and value is not None and not TIME.fullmatch(str(value)):
            yield f"{at} is no time: {value!r}"
        if isinstance(value, dict):
            yield from self.problems_of_members(schema, value, at)
        for item in value if isinstance(value, list) else ():
            yield from self.problems(schema.get("items", {}), item, f"{at}[]")

    def problems_of_members(self, schema, value, at):
        known = schema.get("properties", {})
        yield from (f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value)
        for name, member in value.items():
            if name in known:
                yield from self.problems(known[name], member, f"{at}.{name}")
            elif known and "More members" not in schema.get("description", ""):
                yield f"{at}.{name} is not described"

    def joined(self, schemas):
        out = {"type": "object", "required": [], "properties": {}}
        for one in map(self.resolve, schemas):
            out["required"] += one["required"]
            out["properties"] |= one["properties"]
        return out
