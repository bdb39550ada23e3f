// llama_bf16.cpp: see llama_bf16.h. C++, as llama.cpp's kinds of memory are.
#include "engine/llama/llama_bf16.h"

#ifdef PMPO_ONEDNN
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <ggml-cpu.h>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <omp.h>
#include <string>
#include <tuple>
#include <vector>

#include "engine/llama/llama_kernel.h"

namespace
{

using dnnl::memory;
using type = dnnl::memory::data_type;

// A matrix of weights is cut into panels of so many columns, each packed for
// itself; a task is a panel and a block of rows. Both are multiples of what the
// kernels take at a time: with 128 by 256 they are within a tenth of their best
// rate, and two threads have tasks enough at 0.5B.
constexpr int64_t COLUMNS = 128, ROWS = 256;
// Rows beyond a multiple of this have a kernel of their own, so that there are
// few kernels whatever batches come.
constexpr int64_t STEP = 16;
constexpr size_t ALIGN = 64;

dnnl::engine &cpu()
{
    static dnnl::engine the(dnnl::engine::kind::cpu, 0);
    return the;
}

// Within it, oneDNN leaves its own threads off in the calling thread.
class alone
{
    int before = omp_get_max_threads();

  public:
    alone()
    {
        omp_set_num_threads(1);
    }
    alone(const alone &) = delete;
    alone &operator=(const alone &) = delete;
    ~alone()
    {
        omp_set_num_threads(before);
    }
};

memory::desc in_rows(int64_t rows, int64_t columns, type of)
{
    return memory::desc({rows, columns}, of, memory::format_tag::ab);
}

dnnl::matmul::primitive_desc plan(const memory::desc &x, const memory::desc &w,
                                  const memory::desc &y)
{
    dnnl::primitive_attr own_scratch;
    own_scratch.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR < 3
    return {dnnl::matmul::desc(x, w, y), own_scratch, cpu()};
#else
    return {cpu(), x, w, y, own_scratch};
#endif
}

// The order in which the kernels read a panel: the library's choice, which
// depends on how many threads it may use.
memory::desc packed(int64_t terms, int64_t columns)
{
    alone here;
    static thread_local std::map<std::tuple<int64_t, int64_t>, memory::desc>
        all;
    auto found = all.find({terms, columns});
    if (found == all.end()) {
        memory::desc any({terms, columns}, type::bf16, memory::format_tag::any);
        auto p = plan(in_rows(ROWS, terms, type::bf16), any,
                      in_rows(ROWS, columns, type::f32));
        found = all.emplace(std::make_tuple(terms, columns), p.weights_desc())
                    .first;
    }
    return found->second;
}

// ---- weights in panels ---------------------------------------------------------

int64_t n_panels(int64_t columns)
{
    return (columns + COLUMNS - 1) / COLUMNS;
}

int64_t width_of(int64_t panel, int64_t columns)
{
    return std::min(COLUMNS, columns - panel * COLUMNS);
}

// The panels of a matrix of `terms` by `columns`, in this order in memory.
struct panels {
    int64_t terms, columns;
    size_t bytes; // of one

    explicit panels(const ggml_tensor *w)
        : terms(w->ne[0]), columns(w->ne[1]),
          bytes(room(packed(terms, std::min(columns, COLUMNS))))
    {
    }

    char *at(const ggml_tensor *w, int64_t i) const
    {
        return (char *)w->data + (size_t)i * bytes;
    }

    // With room for what kernels read beyond the last one.
    size_t total() const
    {
        int64_t n = n_panels(columns);
        size_t last = room(packed(terms, width_of(n - 1, columns)));
        return (size_t)(n - 1) * bytes + std::max(last, bytes);
    }

  private:
    static size_t room(const memory::desc &d)
    {
        return (d.get_size() + ALIGN - 1) / ALIGN * ALIGN;
    }
};

void pack(const ggml_tensor *w, const char *from)
{
    alone here;
    dnnl::stream now(cpu());
    panels all(w);
    for (int64_t i = 0; i < n_panels(all.columns); i++) {
        int64_t width = width_of(i, all.columns);
        memory::desc plain({all.terms, width}, type::bf16,
                           memory::format_tag::ba);
        memory given(plain, cpu(),
                     (void *)(from + (size_t)i * COLUMNS * w->nb[1]));
        memory to(packed(all.terms, width), cpu(), all.at(w, i));
        dnnl::reorder(given, to).execute(now, given, to);
    }
    now.wait();
}

// ---- products -------------------------------------------------------------------

struct kernel {
    memory::desc x, w, y, scratch;
    dnnl::matmul run;
};

// rows x terms by terms x columns, without gaps: for other results oneDNN 2 has
// no fast kernel. Each thread has its own, so that none waits for another; the
// library makes their code once.
const kernel &kernel_for(int64_t rows, int64_t terms, int64_t columns)
{
    using shape = std::tuple<int64_t, int64_t, int64_t>;
    static thread_local std::map<shape, kernel> all;
    auto found = all.find({rows, terms, columns});
    if (found == all.end()) {
        kernel k;
        k.x = in_rows(rows, terms, type::bf16);
        k.w = packed(terms, columns);
        k.y = in_rows(rows, columns, type::f32);
        auto p = plan(k.x, k.w, k.y);
        k.scratch = p.scratchpad_desc();
        k.run = dnnl::matmul(p);
        found = all.emplace(shape(rows, terms, columns), k).first;
    }
    return found->second;
}

// Memory of the calling thread that only grows.
class space
{
    std::vector<char> held;

  public:
    void *of(size_t bytes)
    {
        if (held.size() < bytes + ALIGN) {
            held.resize(bytes + ALIGN);
        }
        return (void *)(((uintptr_t)held.data() + ALIGN - 1) / ALIGN * ALIGN);
    }
};

// One product, in the calling thread.
void multiply(const kernel &k, const void *x, const void *w, float *y)
{
    static thread_local dnnl::stream now(cpu());
    static thread_local space scratch;
    k.run.execute(now, {{DNNL_ARG_SRC, memory(k.x, cpu(), (void *)x)},
                        {DNNL_ARG_WEIGHTS, memory(k.w, cpu(), (void *)w)},
                        {DNNL_ARG_DST, memory(k.y, cpu(), y)},
                        {DNNL_ARG_SCRATCHPAD,
                         memory(k.scratch, cpu(),
                                scratch.of(k.scratch.get_size()))}});
    now.wait();
}

// Rows [begin, end) of x by the panel i of op's weights, into y.
void multiply_rows(const panels &all, const char *w, int64_t width,
                   const ggml_bf16_t *x, int64_t rows, float *y)
{
    const int64_t cuts[] = {0, rows / STEP * STEP, rows};
    for (int c = 0; c < 2; c++) {
        int64_t n = cuts[c + 1] - cuts[c];
        if (n > 0) {
            multiply(kernel_for(n, all.terms, width), x + cuts[c] * all.terms,
                     w, y + cuts[c] * width);
        }
    }
}

// Rows [begin, end) of op by the panel i of its weights. Where the library
// fails they are no numbers, which are refused as scores.
void multiply_block(const ggml_tensor *op, const ggml_bf16_t *x, int64_t i,
                    int64_t begin, int64_t end)
{
    static thread_local space result;
    int64_t width = width_of(i, op->ne[0]);
    const float *y = nullptr;
    try {
        panels all(op->src[0]);
        float *made =
            (float *)result.of((size_t)((end - begin) * width) * sizeof(*made));
        multiply_rows(all, all.at(op->src[0], i), width, x + begin * all.terms,
                      end - begin, made);
        y = made;
    } catch (const std::exception &) {
    }
    for (int64_t r = begin; r < end; r++) {
        float *to = (float *)op->data + r * op->ne[0] + i * COLUMNS;
        if (y) {
            memcpy(to, y + (r - begin) * width, (size_t)width * sizeof(*y));
        } else {
            std::fill(to, to + width, NAN);
        }
    }
}

// Rows [begin, end) of `in`, which need not lie one behind the other.
void round_rows(const ggml_tensor *in, int64_t begin, int64_t end,
                ggml_bf16_t *x)
{
    for (int64_t r = begin; r < end; r++) {
        int64_t i1 = r % in->ne[1], i2 = r / in->ne[1] % in->ne[2];
        int64_t i3 = r / in->ne[1] / in->ne[2];
        const char *row = (const char *)in->data + i1 * in->nb[1] +
                          i2 * in->nb[2] + i3 * in->nb[3];
        ggml_cpu_fp32_to_bf16((const float *)row, x + r * in->ne[0], in->ne[0]);
    }
}

class product : public ggml::cpu::tensor_traits
{
    bool work_size(int, const ggml_tensor *op, size_t &size) override
    {
        size = (size_t)ggml_nelements(op->src[1]) * sizeof(ggml_bf16_t) + ALIGN;
        return true;
    }

    // Each thread of the pool calls this.
    bool compute_forward(ggml_compute_params *p, ggml_tensor *op) override
    {
        alone here;
        const ggml_tensor *in = op->src[1];
        int64_t rows = ggml_nrows(in);
        uintptr_t at = ((uintptr_t)p->wdata + ALIGN - 1) / ALIGN * ALIGN;
        ggml_bf16_t *x = (ggml_bf16_t *)at;
        round_rows(in, rows * p->ith / p->nth, rows * (p->ith + 1) / p->nth, x);
        ggml_barrier(p->threadpool);
        int64_t blocks = (rows + ROWS - 1) / ROWS;
        pmpo::share(p, n_panels(op->ne[0]) * blocks, [&](int64_t i) {
            int64_t first = i % blocks * ROWS;
            multiply_block(op, x, i / blocks, first,
                           std::min(first + ROWS, rows));
        });
        return true;
    }
};

// ---- the kind of memory -----------------------------------------------------------

ggml_backend_buffer_type *kind();
std::string name; // empty: nothing is taken

bool is_here(const ggml_tensor *w)
{
    return w->buffer && w->buffer->buft == kind();
}

class products : public ggml::cpu::extra_buffer_type
{
    bool supports_op(ggml_backend_dev_t, const ggml_tensor *op) override
    {
        if (op->op != GGML_OP_MUL_MAT) {
            return false;
        }
        const ggml_tensor *w = op->src[0], *x = op->src[1];
        return is_here(w) && w->type == GGML_TYPE_BF16 && !w->view_src &&
               ggml_is_matrix(w) && ggml_is_contiguous(w) &&
               w->ne[0] >= pmpo::LEAST && w->ne[1] >= pmpo::LEAST &&
               x->type == GGML_TYPE_F32 && x->nb[0] == sizeof(float) &&
               (!x->buffer || ggml_backend_buft_is_host(x->buffer->buft)) &&
               op->type == GGML_TYPE_F32 && ggml_is_contiguous(op);
    }

    ggml::cpu::tensor_traits *get_tensor_traits(const ggml_tensor *op) override
    {
        return op->op == GGML_OP_MUL_MAT && is_here(op->src[0]) ? &by_onednn
                                                                : nullptr;
    }

    product by_onednn;
};

void release(ggml_backend_buffer_t b)
{
    free(b->context);
}

void *base(ggml_backend_buffer_t b)
{
    return b->context;
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor *w, const void *data,
                size_t offset, size_t size)
{
    GGML_ASSERT(offset == 0 && size == ggml_nbytes(w));
    pack(w, (const char *)data);
}

void clear(ggml_backend_buffer_t b, uint8_t value)
{
    memset(b->context, value, b->size);
}

ggml_backend_buffer_t allocate(ggml_backend_buffer_type_t of, size_t bytes)
{
    ggml_backend_buffer_i calls = {};
    calls.free_buffer = release;
    calls.get_base = base;
    calls.set_tensor = set_tensor;
    calls.clear = clear;
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    void *at = aligned_alloc(ALIGN, bytes);
    return at ? ggml_backend_buffer_init(of, calls, at, bytes) : nullptr;
}

size_t bytes_of(ggml_backend_buffer_type_t, const ggml_tensor *w)
{
    return w->type == GGML_TYPE_BF16 && ggml_is_matrix(w) ? panels(w).total()
                                                          : ggml_nbytes(w);
}

ggml_backend_buffer_type *kind()
{
    static products all;
    static ggml_backend_buffer_type the = {
        {[](ggml_backend_buffer_type_t) { return "oneDNN"; }, allocate,
         [](ggml_backend_buffer_type_t) { return ALIGN; }, nullptr, bytes_of,
         nullptr},
        ggml_backend_reg_dev_get(ggml_backend_cpu_reg(), 0),
        &all};
    return &the;
}

bool can(dnnl::cpu_isa what)
{
    int has = (int)dnnl::get_effective_cpu_isa();
    return (has & (int)what) == (int)what;
}

// Where no fast kernel reads weights as they are packed, the library falls back
// on one that is a thousand times slower: then it is better left alone.
bool is_fast()
{
    alone here;
    for (int64_t terms : {64, 576, 4864}) {
        memory::desc w = packed(terms, COLUMNS);
        for (int64_t rows : {(int64_t)1, STEP - 1, STEP, ROWS}) {
            auto p = plan(in_rows(rows, terms, type::bf16), w,
                          in_rows(rows, COLUMNS, type::f32));
            if (!strncmp(p.impl_info_str(), "ref", 3)) {
                return false;
            }
        }
    }
    return true;
}

void start()
{
    bool amx = can(dnnl::cpu_isa::avx512_core_amx);
    if ((amx || can(dnnl::cpu_isa::avx512_core_bf16)) && is_fast()) {
        const dnnl_version_t *v = dnnl_version();
        name = "oneDNN " + std::to_string(v->major) + "." +
               std::to_string(v->minor) + "." + std::to_string(v->patch) +
               (amx ? " AMX" : " AVX-512 BF16");
        ggml_backend_cpu_get_extra_buffer_types().push_back(kind());
    }
}

} // namespace

extern "C" void pmpo_bf16_start(void)
{
    try {
        start();
    } catch (const std::exception &) { // then llama.cpp multiplies
    }
}

extern "C" const char *pmpo_bf16_name(void)
{
    return name.c_str();
}
#else
extern "C" const char *pmpo_bf16_name(void)
{
    return "";
}

extern "C" void pmpo_bf16_start(void)
{
}
#endif
