"""What the network of a member gives."""

from skdeep.inference import forward


def output_of(member, rows):
    """The output of a member's network for encoded rows."""
    network = member.network_
    return forward(network.spec, network.weights, rows)
