"""Checks YAML texts against JSON Schemas, and says for each what is wrong.

Reads JSON lines from standard input, each {"schema": PATH, "text": YAML}; writes one JSON list of complaints for each.
Schemas refer to each other by file name. Texts are read as PyYAML reads them, save that dates stay text, as for Pinion.
"""
import json
import pathlib
import sys

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource


class Loader(yaml.SafeLoader):
    pass


Loader.yaml_implicit_resolvers = {
    letter: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def validator(path, cache={}):
    if path not in cache:
        directory = pathlib.Path(path).parent
        schemas = {file.name: json.loads(file.read_text()) for file in directory.glob("*.json")}
        for schema in schemas.values():
            Draft202012Validator.check_schema(schema)
        registry = Registry().with_resources(
            (name, Resource.from_contents(schema)) for name, schema in schemas.items())
        cache[path] = Draft202012Validator(schemas[pathlib.Path(path).name], registry=registry)
    return cache[path]


for line in sys.stdin:
    task = json.loads(line)
    complaints = []
    for document in yaml.load_all(task["text"], Loader):
        complaints += [f"{error.json_path}: {error.message}" for error in validator(task["schema"]).iter_errors(document)]
    print(json.dumps(complaints), flush=True)
