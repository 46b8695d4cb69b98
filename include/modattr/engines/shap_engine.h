#pragma once

#include "modattr/engines/engine.h"

namespace modattr {

/// `modattr shap`: Shapley values of modalities or of their features, and of the loss of the whole set (see
/// ModalityShapley, FeatureShapley, Sage).
Engine shap_engine();

}  // namespace modattr
