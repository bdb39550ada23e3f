# llama.cpp's BLAS backend over Intel's MKL, for f32 products: the target pmpo_blas.
#
#   PMPO_MKL=OFF           without it: llama.cpp's own products
#
# The backend is built here and not by GGML_BLAS, so that it is in no list until src/engine/
# llama/llama_blas.c puts it there: it would also take the products of f16 weights, which it makes slower.

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

find_package(OpenMP REQUIRED)
add_library(pmpo_blas STATIC ${LLAMA_SRC}/ggml/src/ggml-blas/ggml-blas.cpp)
target_include_directories(pmpo_blas SYSTEM PRIVATE ${LLAMA_SRC}/ggml/include
  ${LLAMA_SRC}/ggml/src ${MKL_PLACE}/include)
target_compile_definitions(pmpo_blas PRIVATE GGML_BLAS_USE_MKL)
target_compile_options(pmpo_blas PRIVATE -w)
target_link_libraries(pmpo_blas PRIVATE ${MKL_PLACE}/sgemm.o gomp m dl)
set_source_files_properties(src/engine/llama/llama_blas.c PROPERTIES
  COMPILE_DEFINITIONS PMPO_MKL INCLUDE_DIRECTORIES "${MKL_PLACE}/include")
if(TARGET ggml-base)
  target_link_libraries(pmpo_blas PUBLIC ggml-base)
else()
  list(JOIN LLAMA_LIBRARIES "," AGAIN) # as one word, which cmake leaves where it is
  target_link_libraries(pmpo_blas PUBLIC "-Wl,--start-group,${AGAIN},--end-group" stdc++)
endif()
target_link_libraries(pmpo_llama INTERFACE pmpo_blas)
install(FILES ${MKL_PLACE}/LICENSE.txt ${MKL_PLACE}/third-party-programs.txt
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/mkl)
