"""Words beside perf tables: the sidecar of a family, its entry in the catalog, and what may be filled from where."""

from __future__ import annotations

from ...guard.vocabulary import Vocabulary, words

# Tables that are a family: where they came from, and the family's entry in the catalog.
FAMILY = Vocabulary(
    files=words("*/systems/*/{stem}.parquet */systems/*/collection_meta.yaml"),
    lines=frozenset(
        {
            "",
            "# SPDX-FileCopyrightText: Copyright (c) 2026 NVIDIA CORPORATION & AFFILIATES. All rights reserved.",
            "# SPDX-License-Identifier: Apache-2.0",
            "schema_version: 1",
            "provenance: legacy",
            "runtime:",
            "  framework: {backend}",
            '  version: "{version}"',
            "tables:",
            "  {stem}:",
            "    status: complete",
            "  - family: {op}",
            "    op_files: [{stem}]",
            "    op_files:",
            "      - {stem}",
        }
    ),
)

# Entries of the manifest of kernel sources.
REUSE = Vocabulary(
    lines=frozenset(
        {
            "",
            "  - op_file: {stem}.parquet",
            "  - op_file: {stem}.txt",
            "    kernel_source: '<quoted>'",
            "    tier: shared",
            "    tier: shared_fallback",
            "    systems: [<names>]",
            "    frameworks: [<names>]",
            "    total_raw_rows: <count>",
            "    within_framework_dedup_rows: <count>",
            "    median_pct_divergence: <percent>",
        }
    )
)
