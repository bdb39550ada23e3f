# PMPO_PORTABLE=ON: a build for every x86-64 processor, whatever this one is.
#
# The library is made four times, for the levels of the x86-64 ABI: the first runs everywhere, the others use SSE4.2,
# AVX2 and AVX-512. They lie in glibc-hwcaps/LEVEL/ beside the first, where the loader of glibc 2.33 or newer takes the
# best that the processor can, and others don't look. Only what vectors matter to is compiled anew: llama.cpp's CPU
# engine and our softmax. The program is linked to the library.
#
# llama.cpp's own way, backends as plugins (GGML_BACKEND_DL), would need its libraries beside ours, under names that
# other packages bring too, and an engine that our products (llama_blas.cpp) and barrier can't reach into.

option(PMPO_PORTABLE "For every processor of this kind, not for this one" OFF)
set(PMPO_LEVELS "")
if(NOT PMPO_PORTABLE)
  return()
endif()
if(PMPO_SYSTEM_LLAMA OR PMPO_LLAMA_BUILD)
  message(FATAL_ERROR "PMPO_PORTABLE builds its own llama.cpp: leave out PMPO_SYSTEM_LLAMA and PMPO_LLAMA_BUILD")
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(PMPO_LEVELS v2 v3 v4)
endif()

# llama.cpp's CPU engine once more, as objects.
function(pmpo_add_level level)
  set(at ${LLAMA_SRC}/ggml/src)
  get_target_property(sources ggml-cpu SOURCES)
  list(TRANSFORM sources PREPEND ${at}/ REGEX "^ggml-cpu/")
  add_library(ggml_cpu_${level} OBJECT ${sources})
  set_target_properties(ggml_cpu_${level} PROPERTIES C_EXTENSIONS ON CXX_EXTENSIONS ON)
  target_include_directories(ggml_cpu_${level} PRIVATE ${at} ${at}/ggml-cpu ${LLAMA_SRC}/ggml/include)
  target_compile_definitions(ggml_cpu_${level} PRIVATE _GNU_SOURCE
    $<TARGET_PROPERTY:ggml-cpu,COMPILE_DEFINITIONS>)
  target_compile_options(ggml_cpu_${level} PRIVATE -w -march=x86-64-${level})
  add_library(pmpo_softmax_${level} OBJECT src/engine/llama/softmax.c)
  target_include_directories(pmpo_softmax_${level} PRIVATE include src)
  target_compile_options(pmpo_softmax_${level} PRIVATE -O3 -march=x86-64-${level})
  target_link_libraries(pmpo_softmax_${level} PRIVATE pmpo_flags)
  # What is given as objects is defined before any archive is searched: ggml-cpu's own members stay out.
  add_library(pmpo_shared_${level} SHARED
    $<FILTER:$<TARGET_OBJECTS:pmpo_objects>,EXCLUDE,softmax\\.c\\.o$>
    $<TARGET_OBJECTS:ggml_cpu_${level}> $<TARGET_OBJECTS:pmpo_softmax_${level}>)
  set_target_properties(pmpo_shared_${level} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/glibc-hwcaps/x86-64-${level})
  pmpo_library(pmpo_shared_${level})
endfunction()
