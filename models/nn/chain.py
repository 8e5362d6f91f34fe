"""The order in which a module of PyTorch applies its layers, found by running it once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from spinsc.errors import InputError


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that is done to a module's input.

    Attributes
    ----------
    name : str
        For messages: ``hidden.0 (Linear)``, or the name of a function.
    layer : nn.Module or None
        What is applied, if it is a layer.
    function : str
        The name of the function that is applied, if it is none.
    arguments : tuple
        Those of the function, without the input; named ones last.
    position : int
        Which of the positional arguments the input is.
    before : Step or None
        What was done before.
    """

    name: str
    layer: nn.Module | None = None
    function: str = ""
    arguments: tuple[Any, ...] = ()
    position: int = 0
    before: Step | None = None


#: Functions that do no more to a batch than change its shape.
RESHAPING = frozenset({"view", "reshape", "flatten", "contiguous", "squeeze", "unsqueeze", "to", "float", "detach",
                       "clone", "identity"})


def without_softmax(steps: list[Step]) -> list[Step]:
    """The same without a softmax at the end, which keeps the order of the classes."""
    last = steps[-1] if steps else Step("")
    ends = isinstance(last.layer, nn.Softmax | nn.LogSoftmax) or last.function in ("softmax", "log_softmax")
    return steps[:-1] if ends else steps


def chain(model: nn.Module, features: int, is_layer: Callable[[nn.Module], bool]) -> list[Step]:
    """What a module does to a batch of ``features`` features, from the first step to the last.

    Parameters
    ----------
    model : nn.Module
    features : int
    is_layer : callable
        Whether a module is a layer, into which nobody looks. Modules of ``torch.nn`` without children are layers.

    Raises
    ------
    InputError
        If two results are joined, so that it is no chain, or the module cannot be run.
    """
    training = model.training
    recorder = _Recorder()
    example = torch.zeros(2, features)
    recorder.note(example, Step("input"))
    try:
        with _hooks(model.eval(), recorder, is_layer), torch.no_grad(), recorder:
            result = model(example)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{type(model).__name__} cannot be run on a batch of {features} features "
                         f"({type(error).__name__}: {error})") from error
    finally:
        model.train(training)
    step = recorder.maker(result)
    if step is None:
        raise InputError(f"what {type(model).__name__} returns does not come from its input")
    steps: list[Step] = []
    while step is not None and step.before is not None:
        steps.append(step)
        step = step.before
    return steps[::-1]


@dataclass
class _Recorder(TorchFunctionMode):
    """Results that descend from the input, by their identity, each with the step that made it; and open layers."""

    done: dict[int, tuple[Any, Step]] = field(default_factory=dict)
    depth: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.depth:
            return func(*args, **kwargs)
        given = [*args, *kwargs.values()]
        nested = [item for part in given for item in (part if type(part) in (list, tuple) else [part])]
        known = [(position, step) for position, item in enumerate(nested) if (step := self.maker(item)) is not None]
        result = func(*args, **kwargs)
        if known and _is_result(result):
            name = getattr(func, "__name__", str(func)).strip("_")
            if len({id(step) for _, step in known}) > 1:
                raise InputError(f"'{name}' joins two results of the network, and spinsc takes chains of layers only "
                                 "(no residual connections)")
            others = tuple(item for item in given if self.maker(item) is None)
            self.note(result, Step(f"'{name}'", None, name, others, *known[0]))
        return result

    def note(self, result: Any, step: Step) -> None:
        """The result is kept, so that no other gets its identity."""
        for item in _parts(result):
            self.done[id(item)] = (item, step)

    def maker(self, item: Any) -> Step | None:
        """The step that made this, if it descends from the input."""
        return next((self.done[id(part)][1] for part in _parts(item) if id(part) in self.done), None)


def _is_result(item: Any) -> bool:
    """Tensors, and those of Brevitas, which are tuples of a tensor ``value`` and its quantization."""
    return isinstance(item, Tensor) or type(item).__module__.startswith("brevitas.")


def _parts(item: Any) -> list[Any]:
    return [item, item.value] if _is_result(item) and not isinstance(item, Tensor) else [item]


@contextlib.contextmanager
def _hooks(model: nn.Module, recorder: _Recorder, is_layer: Callable[[nn.Module], bool]) -> Iterator[None]:
    """Let the layers of a model tell the recorder when they begin and end."""
    handles = []
    for name, module in model.named_modules():
        native = type(module).__module__.startswith("torch.nn") and not any(module.children())
        if native or is_layer(module):
            handles += [module.register_forward_pre_hook(_Enter(recorder)),
                        module.register_forward_hook(_Leave(recorder, f"{name} ({type(module).__name__})".strip()))]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass
class _Enter:
    recorder: _Recorder

    def __call__(self, module: nn.Module, inputs: Any) -> None:
        self.recorder.depth += 1


@dataclass
class _Leave:
    recorder: _Recorder
    name: str

    def __call__(self, module: nn.Module, inputs: Any, result: Any) -> None:
        self.recorder.depth -= 1
        if self.recorder.depth:
            return
        known = [step for item in inputs if (step := self.recorder.maker(item)) is not None]
        if len(known) > 1:
            raise InputError(f"{self.name} takes two results of the network, and spinsc takes chains of layers only")
        if known:
            self.recorder.note(result, Step(self.name, module, before=known[0]))
