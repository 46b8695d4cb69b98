# Reads the includes of every source and fails when a room includes what it may not, or holds too many files:
#   cmake -DROOT=... -P layering.cmake
# A room is a folder of include/modattr and the folder of the same name in src.
cmake_minimum_required(VERSION 3.22)

# What each room may include, besides itself. A room that is named stands for the rooms below it, too.
set(rooms
    core core/contributions core/tracing stats trees
    engines engines/permutation engines/shapley engines/shapley/estimators engines/shapley/estimators/gp engines/surrogate engines/sage
    engines/contributions engines/trace
    report report/tables report/formats report/figures report/page
    check history
    data graph model split split/batch_axis masking
    value value/mixes value/encodings value/journal value/games
    graph_engines graph_engines/dual graph_engines/rules
    run run/config run/checks run/setup run/pages run/commands
    cli cli/commands)
set(allowed_core "")
set(allowed_core/contributions core)
set(allowed_core/tracing core)
set(allowed_stats core)
set(allowed_trees core stats)
set(allowed_engines core stats engines)
set(allowed_engines/permutation core stats)
set(allowed_engines/shapley core stats engines/shapley)
set(allowed_engines/shapley/estimators core stats engines/shapley/estimators/gp)
set(allowed_engines/shapley/estimators/gp core stats engines/shapley/estimators)
set(allowed_engines/surrogate core stats)
# Its games are solved as those of single examples are.
set(allowed_engines/sage core stats engines/shapley)
# Their scores are those of features, and Shapley values verify them.
set(allowed_engines/contributions core stats engines/shapley)
# Where an answer can be repaired is a Shapley value, too.
set(allowed_engines/trace core stats engines/shapley/estimators)
set(allowed_report core stats)
set(allowed_report/tables core stats)
set(allowed_report/formats core stats report/tables)
set(allowed_report/figures core stats)
set(allowed_report/page core stats report/tables report/formats report/figures)
set(allowed_check core stats report)
set(allowed_history core report)
set(allowed_data core)
set(allowed_graph core data)
set(allowed_model core data graph trees)
set(allowed_split core data graph model split/batch_axis)
set(allowed_split/batch_axis core graph)
set(allowed_masking core data)
set(allowed_value core stats data graph model split masking value)
set(allowed_value/mixes core data)
set(allowed_value/encodings core data split value/mixes)
set(allowed_value/journal core)
set(allowed_value/games core stats data graph model split masking value)
set(allowed_graph_engines core stats trees data graph model masking value graph_engines/dual graph_engines/rules)
set(allowed_graph_engines/dual core stats graph graph_engines/rules)
set(allowed_graph_engines/rules core graph)
set(backend core stats trees engines report check data graph model split masking value graph_engines)
set(allowed_run ${backend} run)
set(allowed_run/config ${backend})
set(allowed_run/checks ${backend} run/config)
set(allowed_run/setup ${backend} run/config run/checks)
set(allowed_run/pages ${backend} run/config)
set(allowed_run/commands ${backend} run/config run/checks run/setup run/pages)
set(allowed_cli core stats engines report check history run cli/commands)
set(allowed_cli/commands core stats engines report check history run)

# Files at the top of a folder that rooms below it share: they belong to all of them.
set(shared_engines 1)
set(shared_report 1)
set(shared_value 1)
set(shared_run 1)
set(shared_cli 1)

# Third-party headers and the folders that may include them.
set(homes_CLI cli)
set(homes_spdlog cli)
set(homes_nlohmann trees run data report check history)
set(homes_ATen data graph model split masking value graph_engines)
set(homes_c10 data graph model split masking value graph_engines)
set(homes_torch graph model split graph_engines)
set(homes_minizip data)
set(homes_openssl data)
set(homes_sqlite3 history)
# Headers stay light: TorchScript, JSON and command-line headers belong into sources.
set(sources_only torch nlohmann minizip openssl sqlite3)
# A room with more files is cut.
set(most_files 24)

set(violation_count 0)
macro(violation text)
  message(SEND_ERROR "${file}: ${text}")
  math(EXPR violation_count "${violation_count} + 1")
endmacro()

# Whether `room` is one of `list` or below one.
function(is_within room list result)
  set(${result} FALSE PARENT_SCOPE)
  foreach(entry IN LISTS list)
    if(room STREQUAL entry OR room MATCHES "^${entry}/")
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/modattr/*.h ${ROOT}/src/*.h ${ROOT}/src/*.cpp)
foreach(file IN LISTS files)
  string(REGEX REPLACE "^(include/modattr|src)/(.*)/[^/]*$" "\\2" room ${file})
  string(REGEX REPLACE "/.*" "" top ${room})
  if(NOT room IN_LIST rooms)
    violation("is in no known room")
    continue()
  endif()
  get_filename_component(folder ${file} DIRECTORY)
  list(APPEND folders ${folder})
  file(STRINGS ${ROOT}/${file} includes REGEX "^#include")
  foreach(line IN LISTS includes)
    if(line MATCHES "\"(modattr/)?(.+)/[^/]+\"")
      set(other ${CMAKE_MATCH_2})
      set(allowed ${allowed_${room}})
      if(shared_${top} AND other STREQUAL top)
        continue()
      endif()
      is_within(${other} "${allowed}" is_allowed)
      if(NOT other STREQUAL room AND NOT is_allowed)
        violation("room ${room} may not include room ${other}")
      endif()
    elseif(line MATCHES "<([A-Za-z0-9]+)[/.]")
      set(library ${CMAKE_MATCH_1})
      if(DEFINED homes_${library})
        if(NOT top IN_LIST homes_${library})
          violation("room ${room} may not include ${library}")
        elseif(library IN_LIST sources_only AND file MATCHES "^include/")
          violation("${library} belongs into sources, not into headers")
        endif()
      endif()
    endif()
  endforeach()
endforeach()

list(LENGTH files file_count)
set(distinct ${folders})
list(REMOVE_DUPLICATES distinct)
foreach(file IN LISTS distinct)
  set(own ${folders})
  list(FILTER own INCLUDE REGEX "^${file}$")
  list(LENGTH own count)
  # A header and a source of one name count once.
  if(count GREATER most_files)
    violation("holds ${count} files, more than ${most_files}: cut it")
  endif()
endforeach()
if(violation_count EQUAL 0)
  message(STATUS "layering: ${file_count} files keep to their rooms")
endif()
