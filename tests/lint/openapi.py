# SPDX-License-Identifier: ISC
"""For openapi.sh: reads the description, looks at its structure, and compares it with the tables of routes and errors."""

import re
import sys

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
found = []


def complain(text):
    found.append(text)


def read(name):
    with open(f"{top}/{name}", encoding="utf-8") as file:
        return file.read()


class OnlyOnce(yaml.SafeLoader):
    """A key that stands twice is a mistake that YAML itself does not mind."""


def no_duplicates(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in set(keys):
        if keys.count(key) > 1:
            complain(f"line {node.start_mark.line + 1}: {key} stands twice")
    return {loader.construct_object(key, True): loader.construct_object(value, True) for key, value in node.value}


OnlyOnce.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, no_duplicates)


# --- structure

def resolve(spec, ref):
    at = spec
    for word in ref.removeprefix("#/").split("/"):
        at = at.get(word) if isinstance(at, dict) else None
    return at


def each_node(node, path="#"):
    yield path, node
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from each_node(value, f"{path}/{key}")


def check_references(spec):
    used = set()
    for path, node in each_node(spec):
        if node is None:
            complain(f"{path} is empty")  # a comma too many in braces
        if not isinstance(node, dict):
            continue
        if "$ref" in node:
            used.add(node["$ref"])
            if resolve(spec, node["$ref"]) is None:
                complain(f"{path}: {node['$ref']} is nowhere")
        if isinstance(node.get("required"), list):
            for name in node["required"]:
                if name not in node.get("properties", {}):
                    complain(f"{path}: {name} is required but not described")
    for kind in ("schemas", "responses", "parameters"):
        for name in spec["components"][kind]:
            if f"#/components/{kind}/{name}" not in used:
                complain(f"components/{kind}/{name} is not used")


def check_responses(where, responses):
    if not responses:
        complain(f"{where} has no responses")
    for status, response in responses.items():
        if not re.fullmatch("[1-5][0-9][0-9]", str(status)) or not isinstance(status, str):
            complain(f"{where}: {status} is not a status in quotes")
        if "$ref" not in response and "description" not in response:
            complain(f"{where}: {status} has no description")


def check_operation(spec, path, method, operation):
    where = f"{method.upper()} {path}"
    for name in ("operationId", "summary", "tags", "security"):
        if name not in operation:
            complain(f"{where} has no {name}")
    parameters = [resolve(spec, item["$ref"]) if "$ref" in item else item for item in operation.get("parameters", [])]
    for item in parameters:
        if not {"name", "in", "schema"} <= item.keys():
            complain(f"{where}: a parameter lacks name, in or schema")
    in_path = sorted(item["name"] for item in parameters if item["in"] == "path" and item.get("required"))
    if in_path != sorted(re.findall(r"{(\w+)}", path)):
        complain(f"{where}: its path parameters are {in_path}")
    for alternative in operation.get("security", []):
        for scheme in alternative:
            if scheme not in spec["components"]["securitySchemes"]:
                complain(f"{where}: there is no security scheme {scheme}")
    known = {tag["name"] for tag in spec["tags"]}
    if not set(operation.get("tags", [])) <= known:
        complain(f"{where}: unknown tag")
    check_responses(where, operation.get("responses", {}))


def check_structure(spec):
    if not re.fullmatch(r"3\.1\.\d+", spec["openapi"]):
        complain("it is not OpenAPI 3.1")
    version = re.search(r"AC_INIT\(\[doorward\], \[(.*?)\]\)", read("configure.ac")).group(1)
    if spec["info"]["version"] != version:
        complain(f"version {spec['info']['version']}, but configure.ac has {version}")
    names = []
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                names.append(operation.get("operationId"))
                check_operation(spec, path, method, operation)
            elif method != "servers":
                complain(f"{path}: {method} is no method")
    for name in {name for name in names if names.count(name) > 1}:
        complain(f"operationId {name} stands twice")


# --- the sources

def methods_of(text):
    """HEAD goes with GET; a route for any method is described by its GET."""
    if "METHOD_ANY" in text:
        return {"get"}
    names = {"get"} if "READS" in text else set()
    return names | {word.lower() for word in re.findall(r"METHOD_(\w+)", text) if word != "HEAD"}


def routes_in(name, pattern):
    out = set()
    for path, methods, handler in re.findall(pattern, read(name)):
        path = path.replace("*", "{sid}") + ("{sid}" if path.endswith("/") else "")
        out |= {(path, method, handler) for method in methods_of(methods)}
    if not out:
        complain(f"{name}: no routes found")
    return out


def check_routes(spec):
    public = routes_in("src/web/route.c", r'{ "(/[^"]*)", ([^,]*), [^,]*, \w+, "(\w+)" }')
    operators = routes_in("src/admin/routes.c", r'{ "(/[^"]*)", ([^,]*),(?: \.\w+ = true,)* \.handle = (\w+) }')
    described = {True: set(), False: set()}
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                is_operators = operation.get("tags") == ["operators"]
                if is_operators != ("servers" in item):
                    complain(f"{path}: the operators' routes, and only they, have a server of their own")
                described[is_operators].add((path, method, operation.get("operationId")))
    for wanted, have, where in ((public, described[False], "src/web/route.c"), (operators, described[True], "src/admin/routes.c")):
        for path, method, name in sorted(wanted - have):
            complain(f"{where} has {method.upper()} {path} ({name}), the description has not")
        for path, method, name in sorted(have - wanted, key=str):
            complain(f"the description has {method.upper()} {path} ({name}), {where} has not")


def check_errors(spec):
    table = re.search(r"codes\[\] = {(.*?)};", read("src/http/response.c"), re.S).group(1)
    codes = set(re.findall(r'{ "(\w+)", \d+ }', table)) | {"server_error"}  # which is what is not in the table
    described = set(spec["components"]["schemas"]["Error"]["properties"]["error"]["enum"])
    if codes != described:
        complain(f"error codes that only one side has: {sorted(codes ^ described)}")


top = sys.argv[1]
description = yaml.load(read("contrib/openapi/doorward.yaml"), OnlyOnce)
check_structure(description)
check_references(description)
check_routes(description)
check_errors(description)
for line in found:
    print(f"contrib/openapi/doorward.yaml: {line}")
sys.exit(1 if found else 0)
