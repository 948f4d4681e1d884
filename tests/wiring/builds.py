"""Building real models from patched model files, inside a release, and counting the op in their op lists.

`CODE` runs in the release's interpreter (`Release.run`). It first builds each model class in a few of the variants that
the release offers, then executes each patched file in place of the original and builds again. What it reports per job:
how often the op is in the model's list and in the groups of composite ops, how often its anchor was there before, and
the sums of both their scale factors.
"""

CODE = '''
import collections, dataclasses, importlib, inspect, itertools, logging, os, sys, types
logging.disable(logging.CRITICAL)

package, jobs = arguments
models = importlib.import_module(package + ".sdk.models")
config = importlib.import_module(package + ".sdk.config")
common = importlib.import_module(package + ".sdk.common")
ops = importlib.import_module(package + ".sdk.operations")
backends = ("trtllm", "sglang", "vllm")


class Op(ops.Operation):
    def __init__(self, name, scale_factor, **params):
        super().__init__(name, scale_factor)
        self.params = params


for name in {job["op_class"] for job in jobs}:
    setattr(ops, name, type(name, (Op,), {"_CP_AWARE": True}))


def walk(items):
    for op in items:
        yield op
        for group in ("_group_a", "_group_b", "_fallback"):
            yield from walk(getattr(op, group, ()))
        if hasattr(op, "_primary"):
            yield from walk([op._primary])


def listed(model, phase):
    return list(walk(getattr(model, phase + "_ops")))


def build(namespace, variant):
    name, backend, settings, family = variant
    chosen = dict(tp_size=2, moe_tp_size=1, moe_ep_size=2, attention_dp_size=1, nextn=0)
    chosen.update(settings)
    known = {f.name for f in config.ModelConfig.__dataclass_fields__.values()}
    if "nextn_accept_rates" in known:
        chosen["nextn_accept_rates"] = [0.85, 0.3, 0, 0, 0]
    if not set(chosen) <= known:
        raise ValueError("no such setting")
    settings = config.ModelConfig(**chosen)
    model = namespace["get_model"](name, settings, backend)
    if family == "all layer kinds":
        # No supported model has layers of each of the four kinds that the class can build.
        layers, cfg = range(model._num_layers), model._hybrid_config
        attention, experts = [i // 2 % 2 for i in layers], [i % 2 for i in layers]
        model.set_hybrid_config(dataclasses.replace(cfg, attn_layer_pattern=attention, moe_layer_freq=experts))
        return model
    if family is None:
        return model
    # A class that no supported model uses: with the numbers of one that is supported.
    base = inspect.signature(namespace["BaseModel"].__init__)
    values = [
        next(getattr(model, n) for n in (a, "_" + a, "config" if a == "model_config" else a) if hasattr(model, n))
        for a in list(base.parameters)[1:]
    ]
    return namespace[family](*values)


def everything(module):
    """What a module defines; for a package, also what its modules define."""
    names = dict(vars(module))
    for other in list(sys.modules.values()):
        if getattr(other, "__name__", "").startswith(module.__name__ + "."):
            names.update({k: v for k, v in vars(other).items() if inspect.isclass(v)})
    return names


offered = list(getattr(common, "SupportedModels", ())) + list(getattr(common, "DefaultHFModels", ()))
settings = [
    {}, {"enable_wideep": True}, {"moe_backend": "deepep_moe"}, {"enable_wideep": True, "moe_backend": "deepep_moe"},
    {"enable_wideep": True, "attention_dp_size": 2, "tp_size": 1},
    {"moe_backend": "megamoe"}, {"nextn": 1},
]
variants = collections.defaultdict(list)
original = everything(models)
# One model for each architecture and size is plenty; what differs is the shape of the class's code.
for name, backend, setting in itertools.product(sorted(offered), backends, settings):
    try:
        model = build(original, (name, backend, setting, None))
    except Exception:
        continue
    shape = (
        tuple(o._name for o in listed(model, "context")), tuple(o._name for o in listed(model, "generation")),
        bool(setting.get("nextn")),
    )
    kind = variants[type(model).__name__]
    if shape not in [s for s, _ in kind] and len(kind) < 12:
        kind.append((shape, (name, backend, setting, None)))
if "GPTModel" in original and "GPTModel" not in variants:
    variant = (*variants["LLAMAModel"][0][1][:3], "GPTModel")
    model = build(original, variant)
    variants["GPTModel"].append(((tuple(o._name for o in model.context_ops),) * 2, variant))

for _, variant in variants.get("HybridMoEModel", [])[:1]:
    variant = (*variant[:3], "all layer kinds")
    model = build(original, variant)
    names = [tuple(o._name for o in listed(model, phase)) for phase in ("context", "generation")]
    variants["HybridMoEModel"].append(((*names, False), variant))

base = {}


def counted(model, job, name, *, of=None):
    found = [o for o in listed(model, job["phase"]) if o._name == name and (of is None or type(o).__name__ == of)]
    return len(found), sum(o._scale_factor for o in found)


result = []
for job in jobs:
    runs = []
    file = job["file"]
    if file.endswith("/models.py") or file == "models.py":
        module = types.ModuleType(models.__name__)
    else:
        module = types.ModuleType(models.__name__ + "." + os.path.basename(file)[:-3])
        module.__package__ = models.__name__
    module.__file__ = models.__file__
    with open(job["patched"], encoding="utf-8") as handle:
        code = compile(handle.read(), job["patched"], "exec")
    before = sys.modules[module.__name__]
    sys.modules[module.__name__] = module
    try:
        exec(code, vars(module))
        namespace = {**original, **vars(module)}
        namespace["get_model"] = vars(module).get("get_model", models.get_model)
        kinds = [v for _, v in variants.get(job["model"], ())]
        with_anchor = [v for s, v in variants.get(job["model"], ()) if any(job["anchor"] in names for names in s[:2])]
        for variant in (with_anchor or kinds)[: job["builds"]]:
            key = repr(variant)
            if key not in base:
                base[key] = build(original, variant)
            model = build(namespace, variant)
            runs.append({
                "variant": variant,
                "class": type(model).__name__,
                "ours": counted(model, job, job["name"], of=job["op_class"]),
                "anchor_before": counted(base[key], job, job["anchor"]),
                "anchor_after": counted(model, job, job["anchor"]),
                "others": len(listed(model, job["phase"])) - len(listed(base[key], job["phase"])),
            })
    except Exception as error:
        import traceback
        runs.append({"error": traceback.format_exc()[-2000:]})
    finally:
        sys.modules[module.__name__] = before
        if before is not models:
            # The registry of a package names classes: put the original ones back.
            for value in vars(before).values():
                registry = getattr(sys.modules.get(models.__name__ + ".base"), "_MODEL_REGISTRY", {})
                for family, kind in list(registry.items()):
                    if inspect.isclass(value) and kind.__name__ == value.__name__:
                        registry[family] = value
    result.append(runs)
'''
