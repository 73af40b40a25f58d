// Small inline functions for the hand-written kernels, written so that the compiler vectorises
// them.
#pragma once
#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#define CT_INLINE inline __attribute__((always_inline))
// For a lambda that must be inlined into the function that it is passed to.
#define CT_INLINE_BODY __attribute__((always_inline))

namespace ct {

CT_INLINE float widen(float x) { return x; }
CT_INLINE float widen(c10::BFloat16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

CT_INLINE void narrow(float value, float *out) { *out = value; }
CT_INLINE void narrow(float value, c10::BFloat16 *out) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  // Rounds to nearest even. A NaN keeps a quiet payload bit.
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  out->x = value != value ? 0x7FC0 : static_cast<uint16_t>(rounded);
}

// eˣ by range reduction and a degree-6 polynomial (Cephes expf): about 2 ulp, 0 below −87, NaN for
// NaN.
CT_INLINE float exponential(float x) {
  // A NaN cannot be converted to an integer, so it is handled at the end.
  const float bounded = x > -87.0f ? (x < 88.0f ? x : 88.0f) : -87.0f;
  const float n = std::nearbyintf(bounded * 1.44269504088896341f);
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return x >= -87.0f ? p * scale : (x < -87.0f ? 0.0f : x);
}

}  // namespace ct
