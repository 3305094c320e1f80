/* Written by kernels/enums.ts from the tables of src/. */
/* clang-format off */
#ifndef NNT_ENUMS_H
#define NNT_ENUMS_H

enum op {
	OP_GEMM,
	OP_SUM_ROWS,
	OP_GATHER,
	OP_BAG,
	OP_INDEX_ROWS,
	OP_BAG_BACKWARD,
	OP_CLEAR_ROWS,
	OP_WARP,
	OP_ELASTIC,
	OP_ACTIVATE,
	OP_ACTIVATE_BACKWARD,
	OP_LOSS,
	OP_DROPOUT,
	OP_GAUSSIAN_NOISE,
	OP_BATCH_NORM,
	OP_BATCH_NORM_BACKWARD,
	OP_LAYER_NORM,
	OP_LAYER_NORM_BACKWARD,
	OP_RMS_NORM,
	OP_RMS_NORM_BACKWARD,
	OP_FILL,
	OP_COPY,
	OP_ADD,
	OP_SCALE_COLUMNS,
	OP_SUM_PRODUCTS,
	OP_AVERAGE,
	OP_OPTIMIZE,
	OP_OPTIMIZE_ROWS,
	OP_LERP,
	OP_PENALIZE,
	OP_LIMIT_ROWS,
	OP_CLIP_NORM,
	OP_CLIP_VALUE,
	OP_ELEMENTARY,
};

#define EACH_OP(run) \
	run(OP_GEMM, gemm) \
	run(OP_SUM_ROWS, sum_rows) \
	run(OP_GATHER, gather) \
	run(OP_BAG, bag) \
	run(OP_INDEX_ROWS, index_rows) \
	run(OP_BAG_BACKWARD, bag_backward) \
	run(OP_CLEAR_ROWS, clear_rows) \
	run(OP_WARP, warp) \
	run(OP_ELASTIC, elastic) \
	run(OP_ACTIVATE, activate) \
	run(OP_ACTIVATE_BACKWARD, activate_backward) \
	run(OP_LOSS, loss) \
	run(OP_DROPOUT, dropout) \
	run(OP_GAUSSIAN_NOISE, gaussian_noise) \
	run(OP_BATCH_NORM, batch_norm) \
	run(OP_BATCH_NORM_BACKWARD, batch_norm_backward) \
	run(OP_LAYER_NORM, layer_norm) \
	run(OP_LAYER_NORM_BACKWARD, layer_norm_backward) \
	run(OP_RMS_NORM, rms_norm) \
	run(OP_RMS_NORM_BACKWARD, rms_norm_backward) \
	run(OP_FILL, fill) \
	run(OP_COPY, copy) \
	run(OP_ADD, add) \
	run(OP_SCALE_COLUMNS, scale_columns) \
	run(OP_SUM_PRODUCTS, sum_products) \
	run(OP_AVERAGE, average) \
	run(OP_OPTIMIZE, optimize) \
	run(OP_OPTIMIZE_ROWS, optimize_rows) \
	run(OP_LERP, lerp) \
	run(OP_PENALIZE, penalize) \
	run(OP_LIMIT_ROWS, limit_rows) \
	run(OP_CLIP_NORM, clip_norm) \
	run(OP_CLIP_VALUE, clip_value) \
	run(OP_ELEMENTARY, elementary)

enum start {
	START_ZERO,
	START_LANES,
	START_ROWS,
	START_SELF,
};

enum activation {
	IDENTITY,
	SIGMOID,
	TANH,
	RELU,
	LEAKY_RELU,
	ELU,
	SELU,
	GELU,
	SILU,
	SOFTPLUS,
	HARD_SIGMOID,
	MISH,
	COSINE,
};

#define EACH_ACTIVATION(run) \
	run(IDENTITY) \
	run(SIGMOID) \
	run(TANH) \
	run(RELU) \
	run(LEAKY_RELU) \
	run(ELU) \
	run(SELU) \
	run(GELU) \
	run(SILU) \
	run(SOFTPLUS) \
	run(HARD_SIGMOID) \
	run(MISH) \
	run(COSINE)

enum loss_rule {
	CROSS_ENTROPY,
	FOCAL,
	BCE_WITH_LOGITS,
	MSE,
	HALF_SQUARED_ERROR,
	MAE,
	HUBER,
	SMOOTH_L1,
	POISSON_NLL,
	QUANTILE,
	GAUSSIAN_NLL,
};

#define EACH_ELEMENTWISE_LOSS(run) \
	run(BCE_WITH_LOGITS) \
	run(MSE) \
	run(HALF_SQUARED_ERROR) \
	run(MAE) \
	run(HUBER) \
	run(SMOOTH_L1) \
	run(POISSON_NLL) \
	run(QUANTILE)

enum total {
	TOTAL_LOSS = 0,
	TOTAL_WEIGHT = 1,
	TOTAL_CORRECT = 2,
	TOTAL_ROWS = 3,
	TOTAL_GRADIENT_NORM = 4,
};

enum average {
	SOFTMAX_MEAN,
	SIGMOID_MEAN,
	EXP_MEAN,
	IDENTITY_MEAN,
	GAUSSIAN_MEAN,
};

enum optimizer_rule {
	SGD,
	ADAM,
	ADAGRAD,
	ADADELTA,
	RMSPROP,
	NADAM,
	ADAMAX,
};

#define EACH_RULE(run) \
	run(SGD, sgd) \
	run(ADAM, adam) \
	run(ADAGRAD, adagrad) \
	run(ADADELTA, adadelta) \
	run(RMSPROP, rmsprop) \
	run(NADAM, nadam) \
	run(ADAMAX, adamax)

/* The scalars of each rule. */

enum sgd_scalar {
	SGD_LR,
	SGD_DECAY,
	SGD_MOMENTUM,
	SGD_DAMPENING,
	SGD_NESTEROV,
	SGD_FIRST,
};

enum adam_scalar {
	ADAM_LR,
	ADAM_DECAY,
	ADAM_SHRINK,
	ADAM_BETA1,
	ADAM_BETA2,
	ADAM_EPS,
	ADAM_CORRECTION1,
	ADAM_CORRECTION2,
};

enum adagrad_scalar {
	ADAGRAD_LR,
	ADAGRAD_DECAY,
	ADAGRAD_EPS,
};

enum adadelta_scalar {
	ADADELTA_LR,
	ADADELTA_DECAY,
	ADADELTA_RHO,
	ADADELTA_EPS,
};

enum rmsprop_scalar {
	RMSPROP_LR,
	RMSPROP_DECAY,
	RMSPROP_ALPHA,
	RMSPROP_EPS,
	RMSPROP_MOMENTUM,
};

enum nadam_scalar {
	NADAM_DECAY,
	NADAM_BETA1,
	NADAM_BETA2,
	NADAM_EPS,
	NADAM_CORRECTION2,
	NADAM_GRADIENT_RATE,
	NADAM_MEAN_RATE,
};

enum adamax_scalar {
	ADAMAX_LR,
	ADAMAX_DECAY,
	ADAMAX_BETA1,
	ADAMAX_BETA2,
	ADAMAX_EPS,
	ADAMAX_CORRECTION1,
};

enum elementary {
	EXP,
	EXPM1,
	LOG,
	LOG1P_UNIT,
	ERF,
};

#endif
