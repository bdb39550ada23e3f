# llama.cpp, static, tuned for this processor, as the target pmpo_llama.
#
#   PMPO_LLAMA_SRC=DIR     a source tree to build instead of fetching the pinned one
#   PMPO_LLAMA_BUILD=DIR   the libraries of another build folder of this project (its llama/)
#   PMPO_SYSTEM_LLAMA=ON   an installed llama.cpp of the pinned version

set(PMPO_LLAMA_VERSION 0.5.0)
set(PMPO_LLAMA_SRC "" CACHE PATH "llama.cpp source tree; empty: the pinned one")
set(PMPO_LLAMA_BUILD "" CACHE PATH "llama/ of another build folder, to share")
option(PMPO_SYSTEM_LLAMA "Use an installed llama.cpp" OFF)

add_library(pmpo_llama INTERFACE)

if(PMPO_SYSTEM_LLAMA)
  find_path(LLAMA_INCLUDE llama.h REQUIRED)
  find_library(LLAMA_LIBRARY llama REQUIRED)
  find_library(GGML_LIBRARY ggml REQUIRED)
  find_library(GGML_BASE_LIBRARY ggml-base REQUIRED)
  target_include_directories(pmpo_llama SYSTEM INTERFACE ${LLAMA_INCLUDE})
  target_link_libraries(pmpo_llama INTERFACE ${LLAMA_LIBRARY} ${GGML_LIBRARY}
    ${GGML_BASE_LIBRARY})
  file(WRITE ${CMAKE_BINARY_DIR}/llama_version.c
    "#include <llama.h>\n#include <stdio.h>\nint main(void){puts(llama_version());return 0;}\n")
  try_run(LLAMA_RAN LLAMA_COMPILED ${CMAKE_BINARY_DIR}/llama_version
    ${CMAKE_BINARY_DIR}/llama_version.c
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${LLAMA_INCLUDE}"
    LINK_LIBRARIES ${LLAMA_LIBRARY} ${GGML_LIBRARY} ${GGML_BASE_LIBRARY}
    RUN_OUTPUT_VARIABLE LLAMA_SAYS)
  string(FIND "${LLAMA_SAYS}" "${PMPO_LLAMA_VERSION}" LLAMA_IS_PINNED)
  if(NOT LLAMA_COMPILED OR LLAMA_IS_PINNED EQUAL -1)
    message(FATAL_ERROR "The installed llama.cpp is \"${LLAMA_SAYS}\", pmpo "
      "needs ${PMPO_LLAMA_VERSION}: leave out -DPMPO_SYSTEM_LLAMA=ON")
  endif()
  return()
endif()

if(NOT PMPO_LLAMA_SRC)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/fetch-llama.sh
    OUTPUT_VARIABLE PMPO_LLAMA_FETCHED OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE FETCH_FAILED)
  if(FETCH_FAILED)
    message(FATAL_ERROR "llama.cpp's source could not be fetched (see above); "
      "-DPMPO_LLAMA_SRC=DIR names one that is here")
  endif()
  set(LLAMA_SRC ${PMPO_LLAMA_FETCHED})
else()
  set(LLAMA_SRC ${PMPO_LLAMA_SRC})
endif()
target_include_directories(pmpo_llama SYSTEM INTERFACE ${LLAMA_SRC}/include
  ${LLAMA_SRC}/ggml/include)

if(PMPO_LLAMA_BUILD)
  file(GLOB_RECURSE LLAMA_LIBRARIES ${PMPO_LLAMA_BUILD}/*.a)
  if(NOT LLAMA_LIBRARIES)
    message(FATAL_ERROR "${PMPO_LLAMA_BUILD} holds no llama.cpp libraries")
  endif()
  target_link_libraries(pmpo_llama INTERFACE
    -Wl,--start-group ${LLAMA_LIBRARIES} -Wl,--end-group stdc++ dl)
  return()
endif()

set(BUILD_SHARED_LIBS OFF)
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_TOOLS OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_TESTS OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_EXAMPLES OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_SERVER OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_APP OFF CACHE BOOL "" FORCE)
set(LLAMA_CURL OFF CACHE BOOL "" FORCE)
if(PMPO_PORTABLE) # the lowest; cmake/portable.cmake has the others
  set(GGML_NATIVE OFF CACHE BOOL "" FORCE)
  foreach(feature SSE42 AVX AVX_VNNI AVX2 BMI2 FMA F16C AVX512 AVX512_VBMI AVX512_VNNI AVX512_BF16)
    set(GGML_${feature} OFF CACHE BOOL "" FORCE)
  endforeach()
else()
  set(GGML_NATIVE ON CACHE BOOL "" FORCE)
endif()
set(GGML_OPENMP OFF CACHE BOOL "" FORCE) # its own threads, see cmake/ggml_barrier.h
set(GGML_CUDA ${PMPO_CUDA} CACHE BOOL "" FORCE)

# llama.cpp crashes in its AMX kernels (upstream issue 20824): built without.
# Its warnings are its own affair.
function(pmpo_add_llama)
  foreach(lang C CXX)
    string(APPEND CMAKE_${lang}_FLAGS " -w")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      string(APPEND CMAKE_${lang}_FLAGS
        " -mno-amx-tile -mno-amx-int8 -mno-amx-bf16")
    endif()
  endforeach()
  set(GIT_EXECUTABLE true) # it asks git for a commit; the source has none
  set(CMAKE_C_EXTENSIONS ON)
  set(CMAKE_CXX_EXTENSIONS ON)
  set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
  add_subdirectory(${LLAMA_SRC} ${CMAKE_BINARY_DIR}/llama EXCLUDE_FROM_ALL SYSTEM)
endfunction()
pmpo_add_llama()

# ggml-cpu.c with another way to wait at a barrier.
function(pmpo_quiet_barrier)
  set(from ${LLAMA_SRC}/ggml/src/ggml-cpu/ggml-cpu.c)
  set(to ${CMAKE_BINARY_DIR}/ggml-cpu-quiet.c)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
  file(READ ${from} text)
  set(wait "while (atomic_load_explicit(&tp->n_barrier_passed, memory_order_relaxed) == n_passed) {
        ggml_thread_cpu_relax();
    }")
  set(pass "atomic_fetch_add_explicit(&tp->n_barrier_passed, 1, memory_order_seq_cst);")
  set(head "void ggml_barrier(struct ggml_threadpool * tp) {")
  foreach(part wait pass head)
    string(FIND "${text}" "${${part}}" at)
    if(at EQUAL -1)
      message(WARNING "${from} waits otherwise than expected: threads will spin")
      return()
    endif()
  endforeach()
  string(REPLACE "${wait}" "pmpo_barrier_wait(&tp->n_barrier_passed, n_passed);" text "${text}")
  string(REPLACE "${pass}" "${pass}\n        pmpo_barrier_wake(&tp->n_barrier_passed);" text "${text}")
  string(REPLACE "${head}" "#include \"${CMAKE_SOURCE_DIR}/cmake/ggml_barrier.h\"\n${head}" text
    "${text}")
  file(CONFIGURE OUTPUT ${to} CONTENT "${text}" @ONLY)
  get_target_property(sources ggml-cpu SOURCES)
  list(TRANSFORM sources REPLACE "^.*ggml-cpu/ggml-cpu\\.c$" ${to})
  set_property(TARGET ggml-cpu PROPERTY SOURCES ${sources})
endfunction()
pmpo_quiet_barrier()
target_link_libraries(pmpo_llama INTERFACE llama stdc++)
