# OpenBLAS for products of f32 weights (src/engine/llama/llama_blas.h).
#
#   PMPO_OPENBLAS=OFF      without it: llama.cpp's own products
#
# The program opens the library when it loads a model, so it starts without it too. It is looked for
# where the run paths say: the build's in the cache folder, the installed ones beside pmpo, wherever
# both were put.

set(PMPO_OPENBLAS_DEFAULT OFF)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|aarch64"
   AND NOT PMPO_SYSTEM_LLAMA AND NOT PMPO_CUDA)
  set(PMPO_OPENBLAS_DEFAULT ON)
endif()
option(PMPO_OPENBLAS "Products of f32 weights by OpenBLAS where that is faster" ${PMPO_OPENBLAS_DEFAULT})

# Into `folder`, where the run paths of cmake/install.cmake look; its licence into `licences`.
function(pmpo_install_openblas folder licences)
  if(OPENBLAS_PLACE)
    file(GLOB libraries ${OPENBLAS_PLACE}/*.so*)
    install(PROGRAMS ${libraries} DESTINATION ${folder})
    install(FILES ${OPENBLAS_PLACE}/LICENSE.txt DESTINATION ${licences}/openblas)
  endif()
endfunction()

if(NOT PMPO_OPENBLAS)
  return()
endif()
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/fetch-openblas.sh
  OUTPUT_VARIABLE OPENBLAS_PLACE OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE FETCH_FAILED)
if(FETCH_FAILED)
  set(OPENBLAS_PLACE "")
  message(WARNING "OpenBLAS could not be fetched (see above): f32 scoring will be slower. "
    "-DPMPO_OPENBLAS=OFF does without it.")
  return()
endif()
set_source_files_properties(src/engine/llama/llama_blas.cpp
  src/engine/llama/llama_attention.cpp PROPERTIES
  COMPILE_DEFINITIONS PMPO_BLAS
  COMPILE_OPTIONS "-isystem${LLAMA_SRC}/ggml/src;-isystem${LLAMA_SRC}/ggml/src/ggml-cpu")
target_link_libraries(pmpo_llama INTERFACE dl)
set(CMAKE_BUILD_RPATH ${OPENBLAS_PLACE})
