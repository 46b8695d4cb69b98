# MODATTR_VERSION: the version that the program tells. Of a checkout with tags vX.Y.Z what `git describe` makes of them,
# e.g. 0.2.0 or 0.2.0+5.g1a2b3c4; else the project's.
set(MODATTR_VERSION ${PROJECT_VERSION})
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --tags --match "v[0-9]*" --dirty=.dirty WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  if(NOT failed AND described MATCHES "^v([0-9]+\\.[0-9]+\\.[0-9]+)(-([0-9]+)-(g[0-9a-f]+))?(\\.dirty)?$")
    set(MODATTR_VERSION ${CMAKE_MATCH_1})
    if(CMAKE_MATCH_2)
      string(APPEND MODATTR_VERSION "+${CMAKE_MATCH_3}.${CMAKE_MATCH_4}")
    endif()
    if(CMAKE_MATCH_5)
      string(APPEND MODATTR_VERSION "${CMAKE_MATCH_5}")
    endif()
  endif()
endif()
