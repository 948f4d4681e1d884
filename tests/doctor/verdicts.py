"""What doctor finds in the released trees, by release and code, with the first name of each finding.

Each was gone through by hand against the tree's source, and stands for what its code says: a list that only grows or
shrinks with a reason. `docs/doctor.md` has the reasons, code by code.
"""

VERDICTS = {
    "0.6.0": {
        "energy-not-extrapolated": (
            "_context_attention_data _context_mla_data _gemm_data _generation_attention_data _generation_mla_data "
            "_wideep_context_mla_data _wideep_generation_mla_data"
        ),
        "energy-not-interpolated": (
            "query_custom_allreduce query_mla_bmm query_moe query_nccl query_wideep_deepep_ll "
            "query_wideep_deepep_normal"
        ),
        "key-made-on-lookup": (
            "query_context_attention query_context_mla query_custom_allreduce query_generation_attention "
            "query_generation_mla query_mla_bmm query_moe query_nccl query_wideep_context_mla "
            "query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_generation_mla"
        ),
        "last-row-wins": "load_wideep_context_moe_data load_wideep_generation_moe_data",
        "missing-mode": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "mode-not-implemented": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "uncounted-weights": "GEMM",
    },
    "0.7.0": {
        "energy-not-extrapolated": (
            "_context_attention_data _context_mla_data _gemm_data _generation_attention_data _generation_mla_data "
            "_wideep_context_mla_data _wideep_generation_mla_data"
        ),
        "energy-not-interpolated": (
            "query_custom_allreduce query_mla_bmm query_moe query_nccl query_wideep_alltoall "
            "query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_moe_compute"
        ),
        "key-made-on-lookup": (
            "query_context_attention query_context_mla query_custom_allreduce query_generation_attention "
            "query_mla_bmm query_moe query_nccl query_wideep_alltoall query_wideep_context_mla "
            "query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_generation_mla "
            "query_wideep_moe_compute"
        ),
        "last-row-wins": (
            "load_wideep_alltoall_data load_wideep_context_moe_data load_wideep_generation_moe_data "
            "load_wideep_moe_compute_data"
        ),
        "lost-rows": "load_mamba2_data",
        "missing-mode": "query_wideep_alltoall query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_moe_compute",
        "mode-not-implemented": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "no-modes": "query_mamba2",
        "silent-formula": "query_mamba2",
        "uncounted-weights": "GEMM",
        "uncached-query": "query_mamba2 query_wideep_alltoall query_wideep_moe_compute",
    },
    "0.8.0": {
        "energy-not-extrapolated": (
            "_context_attention_data _context_dsa_module_data _context_mla_data _gemm_data "
            "_generation_attention_data _generation_dsa_module_data _generation_mla_data _wideep_context_mla_data "
            "_wideep_generation_mla_data"
        ),
        "energy-not-interpolated": (
            "query_custom_allreduce query_gemm query_mla_bmm query_moe query_nccl query_trtllm_alltoall "
            "query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_moe_compute"
        ),
        "key-made-on-lookup": (
            "query_context_attention query_context_dsa_module query_context_mla query_generation_attention "
            "query_generation_dsa_module query_mla_bmm query_moe query_nccl query_trtllm_alltoall "
            "query_wideep_context_mla query_wideep_deepep_ll query_wideep_deepep_normal "
            "query_wideep_generation_mla query_wideep_moe_compute"
        ),
        "last-row-wins": (
            "load_context_dsa_module_data load_generation_dsa_module_data load_trtllm_alltoall_data "
            "load_wideep_context_moe_data load_wideep_generation_moe_data load_wideep_moe_compute_data"
        ),
        "lost-rows": "load_mamba2_data",
        "missing-gpu-key": "_select_alltoall_kernel _select_moe_kernel",
        "missing-mode": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "mode-not-implemented": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "no-modes": "query_gdn query_mamba2",
        "silent-formula": "query_gdn query_mamba2",
        "uncounted-weights": "GEMM GEMM",
        "unloaded-member": "mla_context_module mla_generation_module",
        "uncached-query": "query_gdn query_mamba2",
    },
    "0.9.0": {
        "energy-not-extrapolated": (
            "_context_attention_data _context_dsa_module_data _context_mla_data _context_mla_module_data "
            "_gemm_data _generation_attention_data _generation_dsa_module_data _generation_mla_data "
            "_generation_mla_module_data _wideep_context_mla_data _wideep_generation_mla_data"
        ),
        "energy-not-interpolated": (
            "query_custom_allreduce query_gemm query_mhc_module query_mla_bmm query_moe query_nccl "
            "query_trtllm_alltoall query_wideep_deepep_ll query_wideep_deepep_normal query_wideep_moe_compute"
        ),
        "key-made-on-lookup": (
            "query_context_attention query_context_dsa_module query_context_mla query_context_mla_module "
            "query_generation_attention query_generation_dsa_module query_generation_mla_module query_mla_bmm "
            "query_moe query_nccl query_trtllm_alltoall query_wideep_context_mla query_wideep_deepep_ll "
            "query_wideep_deepep_normal query_wideep_generation_mla query_wideep_moe_compute"
        ),
        "last-row-wins": (
            "load_context_dsa_module_data load_context_dsv4_flash_kind_module_data load_context_mla_module_data "
            "load_dsv4_flash_sparse_kernel_data load_generation_dsa_module_data "
            "load_generation_dsv4_flash_kind_module_data load_generation_mla_module_data load_mhc_module_data "
            "load_trtllm_alltoall_data load_wideep_context_moe_data load_wideep_generation_moe_data "
            "load_wideep_moe_compute_data"
        ),
        "lost-rows": "load_mamba2_data",
        "merged-in-mixed-steps": "MLAModule",
        "missing-gpu-key": "_select_alltoall_kernel _select_moe_kernel",
        "missing-mode": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "mode-not-implemented": "query_wideep_deepep_ll query_wideep_deepep_normal",
        "no-modes": "query_gdn query_mamba2",
        "power-of-first-row": (
            "load_context_dsa_module_data load_context_dsv4_flash_kind_module_data load_context_mla_module_data "
            "load_generation_dsa_module_data load_generation_dsv4_flash_kind_module_data "
            "load_generation_mla_module_data load_mhc_module_data"
        ),
        "silent-formula": "query_gdn query_mamba2",
        "uncounted-weights": "GEMM GEMM",
        "untagged-result": (
            "ContextDSAModule ContextDeepSeekV4AttentionModule DeepSeekV4MHCModule FallbackOp GDNKernel "
            "GenerationDSAModule GenerationDeepSeekV4AttentionModule MLAModule Mamba2 Mamba2Kernel MoEDispatch "
            "OverlapOp TrtLLMWideEPMoEDispatch query_context_dsa_module query_gdn query_generation_dsa_module "
            "query_mamba2"
        ),
        "uncached-query": "query_gdn query_mamba2",
    },
    "0.10.0": {
        "last-row-wins": (
            "load_context_dsv4_kind_module_data load_context_mla_module_data load_dsv4_sparse_op_data "
            "load_generation_dsv4_kind_module_data load_generation_mla_module_data load_mhc_module_data "
            "load_trtllm_alltoall_data load_wideep_context_moe_data load_wideep_generation_moe_data "
            "load_wideep_moe_compute_data"
        ),
        "lost-rows": "load_mamba2_data",
        "merged-in-mixed-steps": "MLAModule",
        "missing-gpu-key": "_select_alltoall_kernel _select_kernel",
        "missing-mode": "_query_megamoe_table _query_wideep_deepep_ll_table _query_wideep_deepep_normal_table",
        "mode-not-implemented": "_query_wideep_deepep_ll_table _query_wideep_deepep_normal_table",
        "no-modes": "_query_gdn_table _query_mamba2_table",
        "power-of-first-row": (
            "load_context_dsa_module_data load_context_dsv4_kind_module_data load_context_mla_module_data "
            "load_generation_dsa_module_data load_generation_dsv4_kind_module_data "
            "load_generation_mla_module_data load_mhc_module_data"
        ),
        "silent-formula": "_query_gdn_table _query_mamba2_table",
        "uncounted-weights": "GEMM GEMM",
        "unsortable-op": "context_mhc_post context_mhc_pre generation_mhc_post generation_mhc_pre",
        "uncached-query": "query_gdn query_mamba2",
        "unconverted-op": "TrtLLMWideEPMoEDispatch",
    },
    "0.11.0": {
        "last-row-wins": (
            "load_context_dsv4_kind_module_data load_context_mla_module_data load_dsv4_sparse_op_data "
            "load_generation_dsv4_kind_module_data load_generation_mla_module_data load_mhc_module_data "
            "load_trtllm_alltoall_data load_wideep_context_moe_data load_wideep_generation_moe_data "
            "load_wideep_moe_compute_data"
        ),
        "lost-rows": "load_mamba2_data",
        "merged-in-mixed-steps": "MLAModule",
        "missing-gpu-key": "_select_alltoall_kernel _select_kernel",
        "missing-mode": "_query_megamoe_table _query_wideep_deepep_ll_table _query_wideep_deepep_normal_table",
        "mode-not-implemented": "_query_wideep_deepep_ll_table _query_wideep_deepep_normal_table",
        "no-modes": "_query_gdn_table _query_mamba2_table",
        "power-of-first-row": (
            "load_context_dsa_module_data load_context_dsv4_kind_module_data load_context_mla_module_data "
            "load_generation_dsa_module_data load_generation_dsv4_kind_module_data "
            "load_generation_mla_module_data load_mhc_module_data"
        ),
        "silent-formula": "_query_gdn_table _query_mamba2_table",
        "uncounted-weights": "GEMM GEMM",
        "unsortable-op": "context_mhc_post context_mhc_pre generation_mhc_post generation_mhc_pre",
        "uncached-query": "query_gdn query_mamba2",
    },
}
