// llama_attention.cpp: see llama_attention.h.
#include "engine/llama/llama_attention.h"

#ifdef PMPO_BLAS
#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <new>
#include <unordered_map>
#include <vec.h>

#include <vector>

#include "engine/llama/llama_kernel.h"

namespace
{

// Rows of a block: texts are some dozens of rows, and products of fewer are slow.
constexpr int64_t ROWS = 64;
// Cells are taken by this many, which kernels take at a time.
constexpr int64_t CELLS = 16;

struct span {
    int64_t begin, end; // of cells
};
typedef std::vector<span> spans;

// What each block of rows sees.
struct view {
    const ggml_tensor *mask;
    std::vector<spans> of;
};

// The three operations of a layer: keys by queries, softmax, values by weights.
struct layer {
    const ggml_tensor *kq, *weights, *out;
    const view *seen;
    bool alone; // nothing else reads kq or weights
};

// The grains of cells that some row of [row, end) sees.
spans seen_by(const ggml_tensor *mask, int64_t row, int64_t end)
{
    spans out;
    int64_t n = mask->ne[0];
    for (int64_t begin = 0; begin < n; begin += CELLS) {
        int64_t stop = std::min(begin + CELLS, n);
        bool seen = false;
        for (int64_t r = row; r < end && !seen; r++) {
            const float *m =
                (const float *)((const char *)mask->data + r * mask->nb[1]);
            seen = std::any_of(m + begin, m + stop,
                               [](float x) { return x != -INFINITY; });
        }
        if (seen && !out.empty() && out.back().end == begin) {
            out.back().end = stop;
        } else if (seen) {
            out.push_back({begin, stop});
        }
    }
    if (out.empty()) { // rows of nothing: as the engine does
        out.push_back({0, n});
    }
    return out;
}

bool is_softmax(const ggml_tensor *t)
{
    float max_bias;
    memcpy(&max_bias, (const float *)t->op_params + 1, sizeof(max_bias));
    const ggml_tensor *mask = t->src[1];
    return t->op == GGML_OP_SOFT_MAX && max_bias == 0 && !t->src[2] && mask &&
           mask->type == GGML_TYPE_F32 && mask->nb[0] == sizeof(float) &&
           mask->ne[2] == 1 && mask->ne[3] == 1 && mask->ne[1] >= t->ne[1] &&
           t->ne[3] == 1 && ggml_is_contiguous(t) &&
           pmpo::suits_blas(t->src[0]);
}

} // namespace

struct pmpo_attention {
    std::vector<layer> layers;
    std::unordered_map<const ggml_tensor *, size_t> by; // kq, weights and out
    std::vector<std::unique_ptr<view>> views;
    std::atomic<bool> used{false}; // something was computed by these
    double cells = 0, read = 0;    // of all rows so far

    void clear()
    {
        layers.clear();
        by.clear();
        views.clear();
        used = false;
    }

    const view *view_of(const ggml_tensor *mask, int64_t rows)
    {
        for (const auto &v : views) {
            if (v->mask == mask &&
                (int64_t)v->of.size() == (rows + ROWS - 1) / ROWS) {
                return v.get();
            }
        }
        views.emplace_back(new view{mask, {}});
        for (int64_t r = 0; r < rows; r += ROWS) {
            views.back()->of.push_back(
                seen_by(mask, r, std::min(r + ROWS, rows)));
        }
        return views.back().get();
    }

    void add(const ggml_tensor *t)
    {
        by[t->src[0]] = by[t] = layers.size();
        layers.push_back(
            {t->src[0], t, nullptr, view_of(t->src[1], t->ne[1]), true});
    }

    // `t` reads what belongs to a layer: as its last operation, or as another.
    void follow(const ggml_tensor *t)
    {
        for (const ggml_tensor *from : t->src) {
            auto at = from ? by.find(from) : by.end();
            if (at == by.end() || from == layers[at->second].out) {
                continue;
            }
            layer &l = layers[at->second];
            if (from == l.weights && t->src[1] == from && !l.out &&
                pmpo::suits_blas(t)) {
                l.out = t;
                by[t] = at->second;
            } else {
                l.alone = false;
            }
        }
    }

    void count(const layer &l)
    {
        int64_t rows = l.weights->ne[1];
        cells += (double)rows * (double)l.weights->ne[0];
        for (size_t i = 0; i < l.seen->of.size(); i++) {
            int64_t n = std::min(ROWS, rows - (int64_t)i * ROWS);
            for (const span &s : l.seen->of[i]) {
                read += (double)n * (double)(s.end - s.begin);
            }
        }
    }

    const layer *find(const ggml_tensor *t) const
    {
        auto at = by.find(t);
        const layer *l = at == by.end() ? nullptr : &layers[at->second];
        return l && l->out && l->alone ? l : nullptr;
    }
};

namespace
{

struct block {
    int64_t head, row, rows;
    const spans *seen;
};

block block_of(const layer &l, int64_t i)
{
    int64_t n = (int64_t)l.seen->of.size(), row = i % n * ROWS;
    return {i / n, row, std::min(ROWS, l.weights->ne[1] - row),
            &l.seen->of[i % n]};
}

// Queries by those keys that are seen.
void multiply_keys(const layer &l, const block &b)
{
    const ggml_tensor *k = l.kq->src[0], *q = l.kq->src[1];
    int64_t of = b.head / (q->ne[2] / k->ne[2]);
    for (const span &s : *b.seen) {
        pmpo::sgemm((int)b.rows, (int)(s.end - s.begin), (int)k->ne[0],
                    pmpo::matrix(q, b.head, 0, b.row),
                    pmpo::matrix(k, of, 0, s.begin), 0,
                    pmpo::matrix(l.kq, b.head, 0, b.row, s.begin));
    }
}

void soften_row(const spans &seen, float scale, const float *mask,
                const float *from, float *to)
{
    float most = -INFINITY;
    ggml_float sum = 0;
    for (const span &s : seen) {
        for (int64_t c = s.begin; c < s.end; c++) {
            to[c] = from[c] * scale + mask[c];
            most = to[c] > most ? to[c] : most;
        }
    }
    for (const span &s : seen) {
        sum += ggml_vec_soft_max_f32((int)(s.end - s.begin), to + s.begin,
                                     to + s.begin, most);
    }
    for (const span &s : seen) {
        ggml_vec_scale_f32((int)(s.end - s.begin), to + s.begin,
                           (float)(1.0 / sum));
    }
}

void soften(const layer &l, const block &b)
{
    const ggml_tensor *t = l.weights, *mask = t->src[1];
    float scale;
    memcpy(&scale, t->op_params, sizeof(scale));
    for (int64_t r = b.row; r < b.row + b.rows; r++) {
        soften_row(*b.seen, scale, pmpo::matrix(mask, 0, 0, r).at,
                   pmpo::matrix(l.kq, b.head, 0, r).at,
                   pmpo::matrix(t, b.head, 0, r).at);
    }
}

// Weights by those values that are seen.
void multiply_values(const layer &l, const block &b)
{
    const ggml_tensor *v = l.out->src[0], *w = l.weights;
    int64_t of = b.head / (w->ne[2] / v->ne[2]);
    float beta = 0;
    for (const span &s : *b.seen) {
        pmpo::sgemm((int)b.rows, (int)v->ne[1], (int)(s.end - s.begin),
                    pmpo::matrix(w, b.head, 0, b.row, s.begin),
                    pmpo::matrix(v, of, 0, 0, s.begin), beta,
                    pmpo::matrix(l.out, b.head, 0, b.row));
        beta = 1;
    }
}

class by_mask : public ggml::cpu::tensor_traits
{
    bool work_size(int, const ggml_tensor *, size_t &) override
    {
        return false;
    }

    bool compute_forward(ggml_compute_params *p, ggml_tensor *op) override
    {
        const pmpo_pool *pool = pmpo::pool_of(p->threadpool);
        pmpo_attention *a = pool ? pool->attention : nullptr;
        const layer *l = a ? a->find(op) : nullptr;
        if (!l) {
            return false;
        }
        a->used = true;
        if (op == l->kq && p->ith == 0) {
            a->count(*l);
        }
        int64_t n = op->ne[2] * (int64_t)l->seen->of.size();
        auto step = op == l->kq        ? multiply_keys
                    : op == l->weights ? soften
                                       : multiply_values;
        pmpo::share(p, n, [&](int64_t i) { step(*l, block_of(*l, i)); });
        return true;
    }
};

class kernels : public ggml::cpu::extra_buffer_type
{
    bool supports_op(ggml_backend_dev_t, const ggml_tensor *) override
    {
        return false; // nothing lies in memory of this kind
    }

    ggml::cpu::tensor_traits *get_tensor_traits(const ggml_tensor *op) override
    {
        return op->op == GGML_OP_MUL_MAT || op->op == GGML_OP_SOFT_MAX
                   ? &attention
                   : nullptr;
    }

    by_mask attention;
};

const char *kind_name(ggml_backend_buffer_type_t)
{
    return "masked attention";
}

} // namespace

extern "C" void pmpo_attention_start(void)
{
    static kernels all;
    static ggml_backend_buffer_type kind = {};
    kind.iface.get_name = kind_name;
    kind.context = &all;
    ggml_backend_cpu_get_extra_buffer_types().push_back(&kind);
}

extern "C" struct pmpo_attention *pmpo_attention_new(void)
{
    return new (std::nothrow) pmpo_attention;
}

extern "C" void pmpo_attention_free(struct pmpo_attention *a)
{
    delete a;
}

extern "C" void pmpo_attention_begin(struct pmpo_attention *a)
{
    if (a) {
        a->clear();
    }
}

extern "C" double pmpo_attention_share(const struct pmpo_attention *a)
{
    return a && a->cells > 0 ? a->read / a->cells : NAN;
}

extern "C" bool pmpo_attention_see(struct ggml_tensor *t, bool ask, void *ud)
{
    pmpo_attention *a = static_cast<pmpo_attention *>(ud);
    if (ask) {
        if (a->used) { // of a graph before
            a->clear();
        }
        if (is_softmax(t)) {
            a->add(t);
        } else {
            a->follow(t);
        }
    }
    return !ask;
}
#else
extern "C" void pmpo_attention_start(void)
{
}

extern "C" struct pmpo_attention *pmpo_attention_new(void)
{
    return nullptr;
}

extern "C" void pmpo_attention_free(struct pmpo_attention *)
{
}

extern "C" void pmpo_attention_begin(struct pmpo_attention *)
{
}

extern "C" double pmpo_attention_share(const struct pmpo_attention *)
{
    return __builtin_nan("");
}

extern "C" bool pmpo_attention_see(struct ggml_tensor *, bool, void *)
{
    return false;
}
#endif
