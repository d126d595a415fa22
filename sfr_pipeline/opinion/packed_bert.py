"""BERT's forward pass over packed tokens, for inference alone.

Belongs here: the architecture of Devlin et al. (2019), section 3, over the weights that
transformers read. Does not belong here: how a matrix product is computed (`precision`).

It gives what transformers gives, without padding and masks, with the three projections of
attention as one product and their scale folded into the weights.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sfr_pipeline.opinion.batching import Batch

if TYPE_CHECKING:
    from torch import Tensor

Linear = Callable[["Tensor"], "Tensor"]


def is_plain_bert(config: Any) -> bool:
    """Whether a model's config describes what this module computes."""
    return config.model_type == "bert" and config.hidden_act == "gelu" and not config.is_decoder


class PackedBert:
    """The logits of a BERT sequence classifier, shape (n_posts, n_labels).

    Args:
        model: transformers' BertForSequenceClassification in single precision; left as it is.
        linear: makes the product with a weight and a bias.
        dtype: of everything between the products.
        device: to run on.
    """

    def __init__(
        self, model: Any, linear: Callable[["Tensor", "Tensor"], Linear], dtype: Any, device: str
    ) -> None:
        import torch

        def ready(values: "Tensor") -> "Tensor":
            return values.detach().to(device, dtype)

        def norm(layer: Any) -> Linear:
            weight, bias, shape = ready(layer.weight), ready(layer.bias), layer.normalized_shape
            return lambda x: torch.nn.functional.layer_norm(x, shape, weight, bias, layer.eps)

        def dense(layer: Any) -> Linear:
            return linear(layer.weight.detach(), layer.bias.detach())

        bert = model.bert
        embeddings = bert.embeddings
        self.heads = model.config.num_attention_heads
        scale = (model.config.hidden_size // self.heads) ** -0.5
        self.words = ready(embeddings.word_embeddings.weight)
        # Every token is of the first sentence, whose embedding is therefore part of the place's.
        self.places = ready(
            embeddings.position_embeddings.weight + embeddings.token_type_embeddings.weight[0]
        )
        self.embedded = norm(embeddings.LayerNorm)
        self.layers = []
        for layer in bert.encoder.layer:
            own, out = layer.attention.self, layer.attention.output
            parts = ((own.query, scale), (own.key, 1.0), (own.value, 1.0))
            projections = linear(
                torch.cat([part.weight.detach() * factor for part, factor in parts]),
                torch.cat([part.bias.detach() * factor for part, factor in parts]),
            )
            attention = (projections, dense(out.dense), norm(out.LayerNorm))
            up, down = layer.intermediate.dense, layer.output.dense
            self.layers.append((*attention, dense(up), dense(down), norm(layer.output.LayerNorm)))
        self.pooler, self.classifier = dense(bert.pooler.dense), dense(model.classifier)

    def __call__(self, batch: Batch) -> "Tensor":
        """Logits of a batch's posts, in its order, in single precision."""
        import torch
        from torch.nn.functional import gelu

        device = self.words.device
        each = [length for posts, length in batch.stretches for _ in range(posts)]
        places = torch.cat([torch.arange(length) for length in each]).to(device)
        first = (torch.tensor(each).cumsum(0) - torch.tensor(each)).to(device)
        tokens = torch.from_numpy(batch.tokens).to(device)
        x = self.embedded(self.words[tokens] + self.places[places])
        for projections, out, out_norm, up, down, norm in self.layers:
            x = out_norm(out(self._attention(projections(x), batch)).add_(x))
            x = norm(down(gelu(up(x))).add_(x))
        return self.classifier(torch.tanh(self.pooler(x[first]))).float()

    def _attention(self, projected: "Tensor", batch: Batch) -> "Tensor":
        """Attention within each post; (n_tokens, 3 x hidden) to (n_tokens, hidden)."""
        import torch
        from torch.nn.functional import scaled_dot_product_attention

        stretches = batch.stretches
        mixed = []
        for rows, shape in zip(
            projected.split([posts * length for posts, length in stretches]), stretches, strict=True
        ):
            query, key, value = rows.view(*shape, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            heads = scaled_dot_product_attention(query, key, value, scale=1.0)
            mixed.append(heads.transpose(1, 2).reshape(len(rows), -1))
        return mixed[0] if len(mixed) == 1 else torch.cat(mixed)
