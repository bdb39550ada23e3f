# What goes into a Python wheel (pyproject.toml; scikit-build-core sets SKBUILD): everything is in the package, the
# extension finds the library, in its variants, beside it. Manual pages and completion go where the environment has
# its programs.
set(PMPO_FFI ${CMAKE_BINARY_DIR}/_pmpo.c)
file(GLOB PMPO_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/*.h)
add_custom_command(OUTPUT ${PMPO_FFI}
  COMMAND ${Python_EXECUTABLE} ${CMAKE_SOURCE_DIR}/python/build_ffi.py ${CMAKE_SOURCE_DIR}/include ${PMPO_FFI}
    ${CMAKE_C_COMPILER}
  DEPENDS ${PMPO_HEADERS} ${CMAKE_SOURCE_DIR}/python/build_ffi.py)
Python_add_library(pmpo_extension MODULE ${PMPO_FFI})
set_target_properties(pmpo_extension PROPERTIES OUTPUT_NAME _pmpo SUFFIX .abi3.so INSTALL_RPATH "$ORIGIN/lib")
target_link_libraries(pmpo_extension PRIVATE pmpo_shared)
install(TARGETS pmpo_extension LIBRARY DESTINATION pmpo)
install(TARGETS pmpo_shared LIBRARY DESTINATION pmpo/lib NAMELINK_SKIP)
pmpo_install_binaries(pmpo/bin pmpo/lib pmpo/licences)
set(CMAKE_INSTALL_MANDIR ${SKBUILD_DATA_DIR}/share/man)
set(CMAKE_INSTALL_DATADIR ${SKBUILD_DATA_DIR}/share)
