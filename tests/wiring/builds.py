"""Building real models from patched model files, inside a release, and counting the op in their op lists.

`CODE` runs in the release's interpreter (`Release.run`) and takes the import package and a list of rounds. It first
builds each model class in the variants that the release offers, then executes each round's patched files in place of
the originals and builds again. Per check of a round it tells how often the op is in the model's list and in the groups
of composite ops, how often its anchor was there before and is now, and the sums of their scale factors.
"""

CODE = '''
import collections, dataclasses, importlib, inspect, itertools, logging, os, sys, types
logging.disable(logging.CRITICAL)

package, rounds = arguments
models = importlib.import_module(package + ".sdk.models")
config = importlib.import_module(package + ".sdk.config")
common = importlib.import_module(package + ".sdk.common")
ops = importlib.import_module(package + ".sdk.operations")
backends = ("trtllm", "sglang", "vllm")


class Op(ops.Operation):
    def __init__(self, name, scale_factor, **params):
        super().__init__(name, scale_factor)
        self.params = params


for name in {check["op_class"] for one in rounds for check in one["checks"]}:
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
    {"moe_backend": "megamoe"}, {"nextn": 1}, {"cp_size": 2, "tp_size": 1},
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
registry = getattr(sys.modules.get(models.__name__ + ".base"), "_MODEL_REGISTRY", {})
registered = dict(registry)


def counted(model, check, name, *, of=None):
    found = [o for o in listed(model, check["phase"]) if o._name == name and (of is None or type(o).__name__ == of)]
    return len(found), sum(o._scale_factor for o in found)


def chosen(check):
    """The variants to build: those that have the anchor, if any has."""
    kinds = variants.get(check["model"], ())
    with_anchor = [v for shape, v in kinds if any(check["anchor"] in names for names in shape[:2])]
    return (with_anchor or [v for _, v in kinds])[: check["builds"]]


def executed(files):
    """The names that the patched files define, all of them in place of the originals."""
    namespace = dict(original)
    for file, patched in files.items():
        flat = os.path.basename(file) == "models.py"
        module = types.ModuleType(models.__name__ + ("" if flat else "." + os.path.basename(file)[:-3]))
        module.__package__ = None if flat else models.__name__
        module.__file__ = models.__file__
        with open(patched, encoding="utf-8") as handle:
            code = compile(handle.read(), patched, "exec")
        before = sys.modules[module.__name__]
        sys.modules[module.__name__] = module  # dataclasses look their module up
        try:
            exec(code, vars(module))
        finally:
            sys.modules[module.__name__] = before
        namespace.update(vars(module))
    return {**namespace, "get_model": namespace["get_model"] if "get_model" in namespace else models.get_model}


result = []
for one in rounds:
    for check in one["checks"]:
        for variant in chosen(check):
            if repr(variant) not in base:
                base[repr(variant)] = build(original, variant)
    told = []
    namespace = executed(one["files"])
    for check in one["checks"]:
        runs = []
        for variant in chosen(check):
            before = base[repr(variant)]
            model = build(namespace, variant)
            runs.append({
                "variant": variant,
                "class": type(model).__name__,
                "ours": counted(model, check, check["name"], of=check["op_class"]),
                "anchor_before": counted(before, check, check["anchor"]),
                "anchor_after": counted(model, check, check["anchor"]),
                "more": len(listed(model, check["phase"])) - len(listed(before, check["phase"])),
            })
        told.append(runs)
    registry.clear()
    registry.update(registered)
    result.append(told)
'''
