import subprocess
import sys

import numpy as np
import pytest
import torch

from sfr_pipeline.networks import architecture, build
from sfr_pipeline.networks.stacking import StackedDropout, stacked
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.spec import Task, Training
from sfr_pipeline_tests.networks.architectures import NETWORKS
from sfr_pipeline_tests.seeding import seeded
from sfr_pipeline_tests.training.planted import planted_signal

SMALL = {"transformer": {"d_model": 16, "layers": 1}}


def network_of(name, n_features=4, window=8, **options):
    with seeded():
        return build(NETWORKS[name], n_features, window, **options).eval()


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_windows_become_raw_outputs(name, n_outputs):
    network = network_of(name, n_outputs=n_outputs)
    assert network(normal(5, 8, 4)).shape == (5, n_outputs)


@seeded()
def test_sizes_are_those_of_the_papers():
    def size(name, **options):
        return sum(p.numel() for p in build(NETWORKS[name], 12, 32, **options).parameters())

    # Multi-scale convolutions 12 * 8 * (3 + 5 + 7) + 24 = 1464 in both that have them.
    assert size("cnn") == 1464 + (24 * 16 * 3 + 16) + 17
    lstm = 2 * (4 * 12 * (12 + 12) + 2 * 4 * 12)
    assert size("bilstm") == lstm + 25
    first, other, skip = (12 * 16 + 16 * 16) * 3 + 32, 2 * (16 * 16 * 3 + 16), 12 * 16 + 16
    assert size("tcn") == first + skip + 2 * other + 17
    attention = 24 * 12 + 12 + 12
    # A second layer reads the 24 channels of the first: 24 * 8 * (3 + 5 + 7) + 24.
    one_layer = 1464 + 2 * (48 * (24 + 12) + 96) + attention + 25
    assert size("cnn_bilstm", layers=1) == one_layer
    assert size("cnn_bilstm") == one_layer + 2904
    layer = 4 * (64 * 64 + 64) + (64 * 256 + 256) + (256 * 64 + 64) + 4 * 64
    assert size("transformer") == 12 * 64 + 64 + 2 * layer + 65


def test_a_name_that_is_no_network_is_refused():
    for name, says in (
        ("lstm", "there is no network 'lstm'"),
        ("sfr_pipeline.networks.cnn:LSTM", "no attribute 'LSTM'"),
        ("sfr_pipeline.networks.cnn:MultiScale", "is no network: derive it from Network"),
    ):
        with pytest.raises(ValueError, match=says):
            architecture(name)


def test_naming_networks_and_handing_out_fits_does_not_import_torch():
    code = (
        "import sys, sfr_pipeline.networks, sfr_pipeline.evaluation.models; "
        "import sfr_pipeline.training.many_fits; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_tcn_sees_the_past_only_and_29_steps_of_it():
    network = network_of("tcn", window=40)
    x = normal(1, 40, 4)
    through_time = network.blocks(x.mT)
    for changed in (20, 30):
        y = x.clone()
        y[0, changed] += 1.0
        moved = (network.blocks(y.mT) != through_time).any(dim=1)[0]
        assert not moved[:changed].any()
        assert moved[changed]
        assert not moved[changed + 29 :].any()


def reference_encoder(ours):
    """The same weights in torch's own encoder."""
    with seeded():
        theirs = torch.nn.TransformerEncoder(
            torch.nn.TransformerEncoderLayer(64, 4, 256, dropout=0.05, batch_first=True), 2
        )
    for mine, layer in zip(ours.layers, theirs.layers, strict=True):
        attention = mine.attention
        layer.self_attn.in_proj_weight.data = torch.cat(
            [attention.query.weight, attention.key_value.weight]
        )
        layer.self_attn.in_proj_bias.data = torch.cat(
            [attention.query.bias, attention.key_value.bias]
        )
        layer.self_attn.out_proj.load_state_dict(attention.project.state_dict())
        layer.linear1.load_state_dict(mine.feed_forward[0].state_dict())
        layer.linear2.load_state_dict(mine.feed_forward[2].state_dict())
        layer.norm1.load_state_dict(mine.norms[0].state_dict())
        layer.norm2.load_state_dict(mine.norms[1].state_dict())
    return theirs.eval()


def with_random_biases(network):
    """A fresh network's biases are too small, and its norms too plain, to betray a mistake."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return network


def test_the_transformer_is_the_encoder_of_the_library():
    ours = with_random_biases(network_of("transformer", window=6))
    x = normal(5, 6, 4)
    with torch.no_grad():
        encoded = reference_encoder(ours)(ours.embed(x) + ours.positions)
        torch.testing.assert_close(ours(x), ours.output(encoded[:, -1]), rtol=1e-5, atol=1e-5)


def test_attention_weights_are_shares():
    x = normal(5, 8, 4)
    first, last = network_of("transformer").attention_weights(x)
    assert first.shape == (5, 4, 8, 8)
    assert last.shape == (5, 4, 1, 8)
    steps = network_of("cnn_bilstm").attention_weights(x)
    assert steps.shape == (5, 2)
    for weights in (first, last, steps):
        assert (weights >= 0).all()
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


@pytest.mark.parametrize(("window", "steps"), [(32, 8), (33, 8), (8, 2), (4, 1), (3, 1), (2, 1)])
def test_the_papers_network_halves_its_window_as_often_as_that_can_be(window, steps):
    network, x = network_of("cnn_bilstm", window=window), normal(5, window, 4)
    assert network.attention_weights(x).shape == (5, steps)
    assert network(x).shape == (5, 1)
    three = network_of("cnn_bilstm", window=window, layers=3)
    assert three.attention_weights(x).shape[1] == max(1, window // 8)


def test_a_window_that_cannot_be_pooled_is_refused():
    with pytest.raises(ValueError, match="a window of 1 steps cannot be pooled"):
        network_of("cnn_bilstm", window=1)


def test_frozen_gradients_share_out_the_whole_output():
    """Input times gradient, with the same of biases and positions, adds up to the output."""
    network = with_random_biases(network_of("transformer", window=6)).double()
    x = normal(1, 6, 4).double().requires_grad_()
    network.positions.requires_grad_()

    def shared_out(frozen):
        biases = [p for name, p in network.named_parameters() if name.endswith("bias")]
        sources = [x, network.positions, *biases]
        output = network(x, frozen=frozen)
        gradients = torch.autograd.grad(
            output.sum(), sources, allow_unused=True, materialize_grads=True
        )
        total = sum((s * g).sum() for s, g in zip(sources, gradients, strict=True))
        return output.item(), total.item()

    output, total = shared_out(frozen=True)
    assert total == pytest.approx(output, rel=1e-10)
    plain_output, plain_total = shared_out(frozen=False)
    assert plain_output == pytest.approx(output, rel=1e-10)
    assert abs(plain_total - output) > 1e-3


@seeded()
def test_a_stack_computes_what_its_networks_compute():
    networks = [with_random_biases(build(NETWORKS["transformer"], 4, 6)).eval() for _ in range(3)]
    stack = stacked(networks, [torch.Generator()] * 3).eval()
    x = normal(3, 5, 6, 4)
    with torch.no_grad():
        apart = torch.stack([network(part) for network, part in zip(networks, x, strict=True)])
        torch.testing.assert_close(stack(x), apart, rtol=1e-5, atol=1e-5)


def test_dropout_of_a_stack_drops_its_share_and_keeps_the_mean():
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    dropout = StackedDropout(0.2, generators)
    ones = torch.ones(2, 199, 501)
    dropped = dropout(ones)
    # Five standard errors of a share of 199 x 501 values.
    assert ((dropped == 0).float().mean((1, 2)) - 0.2).abs().max() < 5 * 0.4 / (199 * 501) ** 0.5
    assert torch.unique(dropped[dropped > 0]).tolist() == pytest.approx([1.25], rel=1e-4)
    assert not torch.equal(dropped[0], dropped[1])
    again = StackedDropout(0.2, [torch.Generator().manual_seed(1)])(ones[:1])
    assert torch.equal(again[0], dropped[1])
    assert torch.equal(dropout.eval()(ones), ones)


@pytest.mark.faults  # five trainings; the networks of both legs find planted signals elsewhere
@pytest.mark.parametrize("name", NETWORKS)
def test_a_spike_that_means_something_in_its_context_only_is_learnt(name):
    inputs, targets = planted_signal(1024, seed=1)
    fresh, truth = planted_signal(500, seed=2)
    training = Training(
        steps=150, batch_size=64, learning_rate=1e-2, warm_up_steps=20, clip=1.0, loss="bce"
    )
    found = fit(
        Task(name, NETWORKS[name], training, 0, inputs, targets, fresh, options=SMALL.get(name, {}))
    )
    assert np.mean((found.outputs > 0) == truth) > 0.95
