"""Files of skdeep.save, changed on purpose."""

import hashlib
import json
import zipfile


def parts_of(path):
    """The parts of a file, a dict of bytes."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path, parts, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def signed(parts):
    """The parts with digests as who forges a file would write them."""
    content = json.loads(parts["estimator.json"])
    content["parts"] = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in parts.items()
        if not name.startswith("estimator.")
    }
    description = json.dumps(content).encode()
    digest = hashlib.sha256(description).hexdigest().encode()
    return {**parts, "estimator.json": description, "estimator.sha256": digest}


def forge(path, change):
    """Change the description; ``change`` gets the decoded JSON."""
    parts = parts_of(path)
    content = json.loads(parts["estimator.json"])
    change(content)
    parts["estimator.json"] = json.dumps(content).encode()
    write_parts(path, signed(parts))


def state_of(content):
    """The attributes in a description."""
    return content["content"]["state"]
