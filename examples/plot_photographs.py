"""
From which photograph is this patch?
====================================

A stack of convolutions as in VGG, a network that won prizes for photographs in 2014,
made small: two convolutions, a pooling, and again. It learns to recognise patches of
ten colour photographs, and is asked about parts of them that it has not seen.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from skimage import data
from sklearn.datasets import load_sample_images

from skdeep import ConvClassifier

temple, flower = load_sample_images().images
photographs = {
    "astronaut": data.astronaut(),
    "cat": data.chelsea(),
    "coffee": data.coffee(),
    "flower": flower,
    "galaxies": data.hubble_deep_field(),
    "motorcycle": data.stereo_motorcycle()[0],
    "retina": data.retina(),
    "rocket": data.rocket(),
    "temple": temple,
    "tissue": data.immunohistochemistry(),
}

# %%
# The photographs are halved in size until they are less than 300 pixels high. From the
# left two thirds of each come 200 patches for training; the right third becomes the
# patches for the test, side by side.
side = 16
rng = np.random.default_rng(0)
X_train, y_train, corners = [], [], {}
for name, photograph in photographs.items():
    while len(photograph) >= 300:
        photograph = photograph[::2, ::2]
    photographs[name] = photograph
    height, width = photograph.shape[:2]
    seen = width * 2 // 3
    for _ in range(200):
        i, j = rng.integers(height - side + 1), rng.integers(seen - side + 1)
        X_train.append(photograph[i : i + side, j : j + side])
        y_train.append(name)
    rows, columns = range(0, height - side, side), range(seen, width - side, side)
    corners[name] = [(i, j) for i in rows for j in columns]

# %%
# With ``convs_per_block=2`` each number of filters is a block as in VGG. Stacks as deep
# as this one train better with batch normalisation.
network = ConvClassifier(
    (16, 32, 64), convs_per_block=2, batch_norm=True, epochs=15, random_state=0
)
network.fit(np.stack(X_train), y_train)
print(network.summary())

# %%
# A red frame is a patch that the network takes for another photograph's. Where the
# right of a photograph repeats what is on the left, it is good at this. The right of
# the astronaut's shows other things; there it can only guess.
figure, axes = plt.subplots(2, 5, figsize=(12, 5), layout="constrained")
right = []
for ax, (name, photograph) in zip(axes.flat, photographs.items(), strict=True):
    patches = [photograph[i : i + side, j : j + side] for i, j in corners[name]]
    wrong = network.predict(np.stack(patches)) != name
    right.extend(~wrong)
    ax.imshow(photograph)
    ax.axvline(photograph.shape[1] * 2 // 3, color="white", lw=1)
    for (i, j), bad in zip(corners[name], wrong, strict=True):
        if bad:
            ax.add_patch(Rectangle((j, i), side, side, fill=False, ec="red", lw=1.5))
    ax.set(title=f"{name}: {1 - wrong.mean():.0%} right", xticks=[], yticks=[])
figure.suptitle(f"Of the patches right of the line {np.mean(right):.0%} are recognised")
plt.show()
