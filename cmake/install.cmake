# What `cmake --install` puts where, and the packages that `cpack` makes of it: .deb and .tar.gz.
include(CMakePackageConfigHelpers)

# Program and library, into bin and lib; whole trees may be moved.
function(pmpo_install_binaries bin lib licences)
  file(RELATIVE_PATH up /${bin} /${lib})
  set_target_properties(pmpo PROPERTIES INSTALL_RPATH "$ORIGIN/${up};$ORIGIN/${up}/pmpo")
  set_target_properties(pmpo_shared PROPERTIES INSTALL_RPATH "$ORIGIN/pmpo")
  install(TARGETS pmpo RUNTIME DESTINATION ${bin})
  foreach(level ${PMPO_LEVELS})
    set_target_properties(pmpo_shared_${level} PROPERTIES INSTALL_RPATH "$ORIGIN/../../pmpo")
    install(TARGETS pmpo_shared_${level} LIBRARY DESTINATION ${lib}/glibc-hwcaps/x86-64-${level}
      NAMELINK_SKIP)
  endforeach()
  pmpo_install_openblas(${lib}/pmpo ${licences})
  if(LLAMA_SRC) # its own licence, and those of what others gave to it
    file(READ ${LLAMA_SRC}/ggml/src/ggml-cpu/llamafile/sgemm.cpp head LIMIT 4000)
    string(REGEX MATCH "^(//[^\n]*\n)+" head "${head}")
    file(WRITE ${CMAKE_BINARY_DIR}/llama-notices "ggml-cpu/llamafile/sgemm.cpp:\n\n${head}
ggml-cpu/ops.cpp, rope_yarn: MIT licence (as above), Copyright (c) 2023 Jeffrey Quesnelle and Bowen Peng\n")
    install(FILES ${LLAMA_SRC}/LICENSE DESTINATION ${licences}/llama.cpp)
    install(FILES ${CMAKE_BINARY_DIR}/llama-notices RENAME NOTICES DESTINATION ${licences}/llama.cpp)
  endif()
endfunction()

if(SKBUILD)
  include(cmake/wheel.cmake)
  return()
endif()

file(GLOB PMPO_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/*.h)
pmpo_install_binaries(${CMAKE_INSTALL_BINDIR} ${CMAKE_INSTALL_LIBDIR} ${CMAKE_INSTALL_DOCDIR})
install(TARGETS pmpo_shared EXPORT pmpo LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${PMPO_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# For find_package(pmpo): the target pmpo::pmpo.
set(PMPO_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/pmpo)
install(EXPORT pmpo NAMESPACE pmpo:: FILE pmpoConfig.cmake DESTINATION ${PMPO_CMAKE_DIR})
write_basic_package_version_file(pmpoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/pmpoConfigVersion.cmake DESTINATION ${PMPO_CMAKE_DIR})

# The prefix is found from where the file lies, so that the tree can be moved.
string(REGEX REPLACE "[^/]+" ".." PMPO_PC_UP ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_file(cmake/pmpo.pc.in pmpo.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/pmpo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# ---- licences: ours, and of what is linked in ----------------------------------------

install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# All that the documents link to, where their links look for it; a source package may lack bench/.
install(DIRECTORY docs examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
  PATTERN "build*" EXCLUDE PATTERN "__pycache__" EXCLUDE PATTERN ".ipynb_checkpoints" EXCLUDE PATTERN "*.pmpo*" EXCLUDE)
install(DIRECTORY bench/experiments bench/peers DESTINATION ${CMAKE_INSTALL_DOCDIR}/bench OPTIONAL
  FILES_MATCHING PATTERN "README.md" PATTERN "peers.json" PATTERN "data" EXCLUDE PATTERN "work" EXCLUDE)
configure_file(cmake/copyright.in copyright @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- packages ---------------------------------------------------------------------------

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME pmpo)
set(CPACK_PACKAGE_VENDOR "the pmpo authors")
set(CPACK_PACKAGE_CONTACT "the pmpo authors <pmpo@users.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "pmpo reads the cross-entropy that a language model gives to known answers off forward passes,
has a model rewrite the prompt, keeps what lowers the loss, and proves it on unseen examples.
The program, the library libpmpo and its headers; llama.cpp is inside.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${OPENBLAS_PLACE})
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3-pip) # fetches models
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_ARCHIVE_FILE_NAME pmpo-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
include(CPack)
