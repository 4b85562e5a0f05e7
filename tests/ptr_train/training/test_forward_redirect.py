"""Another function in the place of a module's forward pass."""

import pytest
import torch

from ptr_train.training.forward_redirect import redirect_forward


def test_hooks_run_around_the_function() -> None:
    module, seen = torch.nn.Linear(2, 3), []
    module.register_forward_pre_hook(lambda _, inputs: seen.append(("before", inputs)))
    module.register_forward_hook(lambda _, __, output: seen.append(("after", output)))
    result = redirect_forward(module, module, lambda x: {"twice": 2 * x}, torch.ones(1))
    assert seen == [("before", (torch.ones(1),)), ("after", {"twice": torch.tensor([2.0])})]
    assert result is seen[1][1]


def test_a_wrapper_may_do_its_own_work_first() -> None:
    class Wrapper(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.inner(x + 1) * 10
            return found

    inner = torch.nn.Identity()
    assert redirect_forward(Wrapper(inner), inner, lambda x: x + 5, torch.zeros(1)).item() == 60


def test_the_function_and_what_follows_see_the_module_as_it_was() -> None:
    module = torch.nn.Linear(2, 2)
    x = torch.ones(1, 2)
    assert torch.equal(redirect_forward(module, module, lambda given: module(given), x), module(x))
    assert "forward" not in vars(module)


def test_a_forward_set_on_the_module_itself_is_put_back_even_after_an_error() -> None:
    module = torch.nn.Identity()

    def patched(x: torch.Tensor) -> torch.Tensor:
        return x + 1

    module.forward = patched
    with pytest.raises(ZeroDivisionError):
        redirect_forward(module, module, lambda x: 1 / 0, torch.ones(1))
    assert module.forward is patched
