# What `cmake --install` and the packages hold. All of it may be moved as a whole: the program finds its library by its own
# place.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS modattr RUNTIME COMPONENT program)
# No library to link with: the program opens it. Its list of libraries to open first is of the machine that built it.
install(TARGETS modattr_app LIBRARY DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/modattr COMPONENT program)
install(FILES ${CMAKE_BINARY_DIR}/libmodattr_app.so.order DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/modattr COMPONENT program)

# Of the texts that --help prints.
set(documents ${CMAKE_BINARY_DIR}/share)
add_custom_command(OUTPUT ${documents}/man/man1
                   COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:modattr> -D FOLDER=${documents}
                           -P ${PROJECT_SOURCE_DIR}/cmake/make_documents.cmake
                   DEPENDS modattr ${PROJECT_SOURCE_DIR}/cmake/make_documents.cmake)
add_custom_target(modattr_documents ALL DEPENDS ${documents}/man/man1)
install(DIRECTORY ${documents}/ DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT program)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs configs/batch configs/ci DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# For engines of one's own: all that knows no libtorch.
install(TARGETS modattr_core EXPORT modattrTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY include/modattr DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.h"
        REGEX "modattr/(data|graph|graph_engines|masking|model|run|split|value)$" EXCLUDE)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/modattr)
install(EXPORT modattrTargets NAMESPACE modattr:: DESTINATION ${package_folder} COMPONENT development)
configure_package_config_file(cmake/modattrConfig.cmake.in ${CMAKE_BINARY_DIR}/modattrConfig.cmake INSTALL_DESTINATION ${package_folder}
                              PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/modattrConfigVersion.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/modattrConfig.cmake ${CMAKE_BINARY_DIR}/modattrConfigVersion.cmake DESTINATION ${package_folder}
        COMPONENT development)
install(DIRECTORY examples/own-engine DESTINATION ${CMAKE_INSTALL_DOCDIR}-dev/examples COMPONENT development)

# Packages of Debian: `cpack` in the build folder makes modattr and modattr-dev.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME modattr)
set(CPACK_PACKAGE_VERSION ${MODATTR_VERSION})
set(CPACK_PACKAGE_CONTACT "Seed ce06111b maintainers <maintainers@users.noreply.r-seed-ce06111b.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME modattr)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
# libblas.so.3 may be the reference implementation, which is many times slower.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "libopenblas0-pthread")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "librsvg2-bin")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "which modality a model's answers depend on\nmodattr takes a TorchScript model and a validation set, removes the data of\na modality (text, image, audio, table) and measures what the model loses:\npermutation importance, Shapley values, SAGE, LIME, and the modality behind\nwrong answers. It needs no Python.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME modattr-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "modattr (= ${CPACK_PACKAGE_VERSION}), libsqlite3-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "headers and library for attribution engines of one's own\nmodattr tells which modality (text, image, audio, table) a model's answers\ndepend on. This package holds what is needed to write an engine of one's\nown: games, statistics, estimators and tables; no libtorch.")

# What Debian wants beside the files: who may copy them, and what changed.
find_program(GZIP gzip)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${CMAKE_BINARY_DIR}/debian/changelog
     "modattr (${CPACK_PACKAGE_VERSION}) unstable; urgency=low\n\n  * See /usr/share/doc/modattr/CHANGELOG.md.gz.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
file(WRITE ${CMAKE_BINARY_DIR}/debian/copyright
     "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: modattr\n\nFiles: *\nCopyright: 2026 Seed ce06111b maintainers\nLicense: Apache-2.0\n On Debian systems the full text of the Apache License 2.0 is in\n /usr/share/common-licenses/Apache-2.0.\n")
configure_file(CHANGELOG.md ${CMAKE_BINARY_DIR}/debian/CHANGELOG.md COPYONLY)
if(GZIP)
  foreach(name changelog CHANGELOG.md)
    execute_process(COMMAND ${GZIP} -9nf ${CMAKE_BINARY_DIR}/debian/${name})
  endforeach()
  foreach(component program development)
    set(folder ${CMAKE_INSTALL_DOCDIR})
    if(component STREQUAL development)
      set(folder ${CMAKE_INSTALL_DOCDIR}-dev)
    endif()
    install(FILES ${CMAKE_BINARY_DIR}/debian/changelog.gz ${CMAKE_BINARY_DIR}/debian/copyright DESTINATION ${folder} COMPONENT ${component})
  endforeach()
  install(FILES ${CMAKE_BINARY_DIR}/debian/CHANGELOG.md.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
endif()
include(CPack)
