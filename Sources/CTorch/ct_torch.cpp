#include "ct_torch.h"
