import Torch

/// The activation function of a feed-forward network.
public enum Activation: String, Sendable, Hashable, CaseIterable {
  case silu
  case gelu
  /// GELU by its tanh approximation.
  case geluTanh = "gelu_pytorch_tanh"
  case relu

  /// Reads the name used in `config.json`.
  init?(name: String) {
    switch name {
    case "silu", "swish": self = .silu
    case "gelu": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": self = .geluTanh
    case "relu": self = .relu
    default: return nil
    }
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .silu: x.silu()
    case .gelu: x.gelu()
    case .geluTanh: x.geluTanh()
    case .relu: x.relu()
    }
  }

  /// activation(gate) · up (Shazeer 2020).
  func gated(_ gate: Tensor, _ up: Tensor) -> Tensor {
    self == .silu ? gate.swiGLU(up) : self(gate) * up
  }
}
