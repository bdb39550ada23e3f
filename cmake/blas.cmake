# llama.cpp's BLAS backend over Intel's MKL, for f32 products: the target pmpo_blas.
#
#   PMPO_MKL=OFF           without it: llama.cpp's own products
#
# The backend is built here and not by GGML_BLAS, so that it is in no list until src/model/
# llama_blas.c puts it there: it would also take the products of f16 weights, which it makes slower.

set(PMPO_MKL_DEFAULT OFF)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND NOT PMPO_SYSTEM_LLAMA AND NOT PMPO_CUDA)
  set(PMPO_MKL_DEFAULT ON)
endif()
option(PMPO_MKL "Products of f32 weights by Intel's MKL where that is faster" ${PMPO_MKL_DEFAULT})
if(NOT PMPO_MKL)
  return()
endif()

execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/fetch-mkl.sh
  OUTPUT_VARIABLE MKL_PLACE OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE FETCH_FAILED)
if(FETCH_FAILED)
  message(WARNING "MKL could not be fetched (see above): f32 scoring will be slower. "
    "-DPMPO_MKL=OFF does without it.")
  return()
endif()

set_source_files_properties(src/engine/llama/llama_blas.cpp PROPERTIES
  COMPILE_DEFINITIONS PMPO_BLAS
  COMPILE_OPTIONS "-isystem${LLAMA_SRC}/ggml/src;-isystem${LLAMA_SRC}/ggml/src/ggml-cpu"
  INCLUDE_DIRECTORIES "${MKL_PLACE}/include")
execute_process(COMMAND ${CMAKE_AR} rcs ${CMAKE_BINARY_DIR}/libpmpo_mkl.a ${MKL_PLACE}/sgemm.o)
target_link_libraries(pmpo_llama INTERFACE ${CMAKE_BINARY_DIR}/libpmpo_mkl.a gomp m dl)
install(FILES ${MKL_PLACE}/LICENSE.txt ${MKL_PLACE}/third-party-programs.txt
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/mkl)
