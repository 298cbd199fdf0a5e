{{- define "ssmd.name" -}}
{{ printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ssmd.selector" -}}
app.kubernetes.io/name: ssmd
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .program }}
{{- with .shard }}
ssmd/shard: {{ . }}
{{- end }}
{{- with .feed }}
ssmd/feed: {{ . }}
{{- end }}
{{- end }}

{{- define "ssmd.labels" -}}
{{ include "ssmd.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
ssmd/environment: {{ .root.Values.environment }}
{{- end }}

{{- define "ssmd.port" -}}
{{- if or (eq .program "gateway") (eq .program "up") }}{{ .root.Values.serves.port }}
{{- else }}{{ get (dict "connector" 9101 "archiver" 9102 "signals" 9103 "worker" 9104 "agents" 9105) .program }}{{ end }}
{{- end }}

{{/* Pod of one process: .program, .args, .root; optional .shard, .resources, .claim. */}}
{{- define "ssmd.pod" -}}
metadata:
  labels: {{- include "ssmd.labels" . | nindent 4 }}
  annotations:
    # A changed registry restarts the pod.
    ssmd/registry: {{ toJson .root.Values.registry | sha256sum }}
spec:
  automountServiceAccountToken: false
  serviceAccountName: {{ .root.Release.Name }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  # SIGTERM drains and seals.
  terminationGracePeriodSeconds: 120
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: {{ .program }}
      image: {{ printf "%s:%s" .root.Values.image.repository (.root.Values.image.tag | default .root.Chart.AppVersion) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      {{- if or .shard .root.Values.traces.endpoint }}
      env:
        {{- with .shard }}
        - { name: SHARD_ID, value: {{ . | quote }} }
        {{- end }}
        {{- with .root.Values.traces.endpoint }}
        - { name: OTEL_DENO, value: "true" }
        - { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: {{ include "ssmd.port" . }} }
      startupProbe:
        httpGet: { path: /health, port: http }
        periodSeconds: 2
        failureThreshold: 90
      livenessProbe:
        httpGet: { path: /health, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 5
        timeoutSeconds: 5
      {{- $memory := dig "memory" (get .root.Values.resources .program).memory (.resources | default dict) }}
      {{- $cpu := dig "cpu" (get .root.Values.resources .program).cpu (.resources | default dict) }}
      resources:
        requests: { cpu: {{ $cpu | quote }}, memory: {{ $memory | quote }} }
        limits: { memory: {{ $memory | quote }} }
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: registry, mountPath: /project/exchanges, readOnly: true }
        - { name: data, mountPath: /project/data }
        - { name: tmp, mountPath: /tmp }
        {{- range .root.Values.secrets }}
        - { name: secret-{{ . }}, mountPath: /var/run/secrets/ssmd/{{ . }}, readOnly: true }
        {{- end }}
  volumes:
    - name: registry
      configMap:
        name: {{ .root.Release.Name }}-registry
        items:
          {{- range $path, $_ := .root.Values.registry }}
          - { key: {{ $path | replace "/" "__" | quote }}, path: {{ $path | quote }} }
          {{- end }}
    - { name: tmp, emptyDir: { sizeLimit: 1Gi } }
    {{- if not .claim }}
    - { name: data, emptyDir: { sizeLimit: 10Gi } }
    {{- end }}
    {{- range .root.Values.secrets }}
    - { name: secret-{{ . }}, secret: { secretName: {{ . }}, defaultMode: 0440 } }
    {{- end }}
{{- end }}

{{/* Volume claim of a StatefulSet. */}}
{{- define "ssmd.claim" -}}
- metadata:
    name: data
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .Values.disk.storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests: { storage: {{ .Values.disk.size }} }
{{- end }}

{{/* StatefulSet with a disk per pod, so that captured data outlives the pod. */}}
{{- define "ssmd.stateful" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "ssmd.name" . }}
  labels: {{- include "ssmd.labels" . | nindent 4 }}
spec:
  serviceName: {{ include "ssmd.name" . }}
  replicas: {{ .replicas | default 1 }}
  podManagementPolicy: Parallel
  selector:
    matchLabels: {{- include "ssmd.selector" . | nindent 6 }}
  template: {{- include "ssmd.pod" (merge (dict "claim" true) .) | nindent 4 }}
  volumeClaimTemplates: {{- include "ssmd.claim" .root | nindent 4 }}
{{- end }}

{{/* Deployment without a disk: its data is on the bus and in the bucket. */}}
{{- define "ssmd.stateless" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "ssmd.name" . }}
  labels: {{- include "ssmd.labels" . | nindent 4 }}
spec:
  {{- if ne (.replicas | default 1 | toString) "auto" }}
  replicas: {{ .replicas | default 1 }}
  {{- end }}
  selector:
    matchLabels: {{- include "ssmd.selector" . | nindent 6 }}
  template: {{- include "ssmd.pod" . | nindent 4 }}
{{- end }}
