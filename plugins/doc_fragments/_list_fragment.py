# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes the documentation of a module for a list from the documentation of the module for a single entry."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import yaml


def list_fragment(documentation: str, list_option: str, module_options: Sequence[str], policies: Sequence[str]) -> str:
    """Return the fragment in which the options of the single module are suboptions of a list option.

    :arg documentation: fragment of the single module.
    :arg list_option: name of the list option. The module itself documents what the list is.
    :arg module_options: names of the options that remain options of the module, for all entries together.
    :arg policies: names of the options that are both: an entry can override the option of the module.
    """
    fragment = yaml.safe_load(documentation)
    options = fragment["options"]
    entry_options = {name: option for name, option in options.items() if name not in (*module_options, *policies)}
    # A reference to an option of an entry, such as O(name), becomes O(clusters[].name).
    reference = re.compile(rf"\bO\((?=({'|'.join(entry_options)})\b)")
    options = json.loads(reference.sub(f"O({list_option}[].", json.dumps(options)))
    suboptions = {name: options[name] for name in entry_options}
    for name in policies:
        # Without a default, since the option of the module applies where an entry does not set it.
        overriding = {key: value for key, value in options[name].items() if key != "default"}
        suboptions[name] = {**overriding, "description": f"Overrides O({name}) for this cluster."}
    fragment["options"] = {
        list_option: {"suboptions": suboptions},
        **{name: options[name] for name in (*module_options, *policies)},
    }
    return str(yaml.safe_dump(fragment, sort_keys=False))
